import type { MasterEvent, MasterEventType } from '@meseta/protocol';
import { systemClock } from '@meseta/system/clock';
import { agentIdOf } from '../cluster-agents.ts';
import { command } from '../command.ts';
import { untilInterrupted } from '../interrupt.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { eventsOf } from '../operator/events-of.ts';
import { write } from '../output.ts';
import { printable } from '../table.ts';
import { watchReader } from '../watch-reader.ts';

/** Says what an event is about, by its type. Types that are not here are not printed. */
const sayings: Partial<Record<MasterEventType, (event: MasterEvent) => string>> = {
  SUBSCRIBED: ({ subscribed }) => {
    const { get_tasks, get_frameworks, get_agents } = subscribed?.get_state ?? {};
    const counts = [get_agents?.agents, get_frameworks?.frameworks, get_tasks?.tasks].map(list => list?.length ?? 0);
    return `agents: ${counts[0]}, frameworks: ${counts[1]}, tasks: ${counts[2]}`;
  },
  TASK_ADDED: ({ task_added }) => {
    const { task_id, framework_id, agent_id, state } = task_added?.task ?? {};
    return `${task_id?.value} of ${framework_id?.value} on ${agent_id?.value}: ${state}`;
  },
  TASK_UPDATED: ({ task_updated }) => {
    const { framework_id, status, state } = task_updated ?? {};
    const why = [status?.reason, status?.message].filter(part => part !== undefined && part !== '').join(': ');
    return `${status?.task_id.value} of ${framework_id?.value}: ${state}${why === '' ? '' : ` (${why})`}`;
  },
  AGENT_ADDED: ({ agent_added }) => {
    const agent = agent_added?.agent;
    return agent ? `${agentIdOf(agent)} on ${agent.agent_info.hostname}` : '';
  },
  AGENT_REMOVED: ({ agent_removed }) => agent_removed?.agent_id.value ?? '',
  FRAMEWORK_ADDED: ({ framework_added }) => frameworkWords(framework_added?.framework),
  FRAMEWORK_UPDATED: ({ framework_updated }) => frameworkWords(framework_updated?.framework),
  FRAMEWORK_REMOVED: ({ framework_removed }) => {
    const { id, name } = framework_removed?.framework_info ?? {};
    return `${id?.value} (${name})`;
  },
};

function frameworkWords(framework: NonNullable<MasterEvent['framework_added']>['framework'] | undefined): string {
  const { id, name } = framework?.framework_info ?? {};
  return `${id?.value} (${name}): ${framework?.active ? 'active' : 'inactive'}`;
}

const types = Object.keys(sayings) as MasterEventType[];

export default command({
  name: 'events',
  summary: 'Print what happens in the cluster: agents, frameworks and tasks that come, change and go',
  options: {
    ...clusterOptions,
    type: {
      type: 'string',
      value: 'TYPE',
      multiple: true,
      choices: types,
      help: 'Only events of this type; may be repeated',
    },
    json: { ...clusterOptions.json, help: "Print JSON, one of the master's events a line" },
  },
  notes: `Types: ${types.join(', ')}.
The first is SUBSCRIBED, in JSON with the whole state. It goes on until Ctrl-C. After a change of master there is another
SUBSCRIBED: what has happened in between is in the state only. When the master closes the stream, or none leads within half
a minute, the exit code is 1. Without --json, each line begins with the time of this machine.

  meseta events --type TASK_UPDATED --json`,
  run: ({ master, json, type: wanted }) =>
    withMaster(master, async (_client, masters) => {
      const end = new AbortController();
      const unwatch = watchReader();
      const interrupted = untilInterrupted().then(() => end.abort());
      const note = (problem: string) => process.stderr.write(`meseta: ${printable(problem)}\n`);
      try {
        for await (const event of eventsOf(masters, end.signal, note)) {
          const { type = 'UNKNOWN' } = event;
          const say = sayings[type];
          if (!say || (wanted && !wanted.includes(type))) continue;
          const time = new Date(systemClock.now()).toISOString();
          await write('stdout', `${json ? JSON.stringify(event) : printable(`${time} ${type} ${say(event)}`)}\n`);
        }
      } catch (error) {
        if (!end.signal.aborted) throw error;
        await interrupted;
        return 0;
      } finally {
        unwatch();
      }
      throw new StreamClosedError('The master has closed the stream; it may have too many subscribers, or stop');
    }),
});

/** The master ended the stream of events. */
class StreamClosedError extends Error {
  override readonly name = 'StreamClosedError';
  readonly code = 'STREAM_CLOSED';
}
