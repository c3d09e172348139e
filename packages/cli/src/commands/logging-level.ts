import type { AgentClient, MasterClient } from '@meseta/scheduler';
import { command, UsageError } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import { readDuration } from '../times.ts';
import { withAgent } from '../with-agent.ts';

const defaultMs = 300_000;

/** A new level, and for how long it counts. */
interface Change {
  readonly level: number;
  readonly duration: { readonly nanoseconds: number };
}

export default command({
  name: 'logging level',
  summary: 'Show how much a daemon logs, or let it log more for some time',
  arguments: '[LEVEL]',
  options: {
    ...clusterOptions,
    agent: { type: 'string', value: 'AGENT', help: "This agent's level, not the master's" },
    duration: { type: 'string', value: 'DURATION', help: 'For how long a new level counts, such as 1h (default 5m)' },
  },
  notes: `LEVEL is a number: 0 is what a daemon logs at least, 1 and above more. Afterwards the level is what it was.

  meseta logging level 1 --agent S3 --duration 10m`,
  run: ({ master, json, agent, duration }, [level, ...others]) => {
    if (others.length > 0) throw new UsageError('Give one level');
    if (level !== undefined && !/^\d{1,2}$/.test(level)) {
      throw new UsageError(`A level is a whole number such as 0 or 1, not '${level}'`);
    }
    if (level === undefined && duration !== undefined) throw new UsageError('Which level? --duration needs one');
    const durationMs = duration === undefined ? defaultMs : readDuration('--duration', duration);
    const change =
      level === undefined ? undefined : { level: Number(level), duration: { nanoseconds: durationMs * 1e6 } };
    return withMaster(master, async client => {
      const now = await (agent === undefined
        ? levelOf(client, change)
        : withAgent(client, agent, its => levelOf(its, change)));
      await write('stdout', `${json ? JSON.stringify({ level: now }) : now}\n`);
      return 0;
    });
  },
});

/** Changes the level of a daemon if that is asked for. @returns its level then. */
async function levelOf(daemon: MasterClient | AgentClient, set_logging_level: Change | undefined): Promise<number> {
  if (set_logging_level) await daemon.call({ type: 'SET_LOGGING_LEVEL', set_logging_level });
  return (await daemon.call({ type: 'GET_LOGGING_LEVEL' }))?.get_logging_level?.level ?? 0;
}
