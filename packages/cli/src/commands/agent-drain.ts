import type { MasterCallDrainAgent } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { agentIdOf, type ClusterAgent, counted, describeAgent, findAgents, tasksOn } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { confirm, confirmOptions } from '../confirm.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { type DrainReport, followDraining } from '../operator/drain-watch.ts';
import { write } from '../output.ts';
import { printable } from '../table.ts';
import { readDuration } from '../times.ts';

const notes = `The agent is in no offers any more, its tasks are killed, and it is DRAINED when the last of them has ended and is
acknowledged; 'meseta agent reactivate' takes it in again. An agent that is not here now is drained when it comes back.
Ctrl-C ends --follow, not the draining.

  meseta agent drain S3 --max-grace-period 10m --follow
  meseta agent drain web1.example.org --mark-gone --yes`;

export default command({
  name: 'agent drain',
  summary: 'Empty agents: their tasks are killed, and they are not offered any more',
  arguments: 'AGENT …',
  options: {
    ...clusterOptions,
    'max-grace-period': {
      type: 'string',
      value: 'DURATION',
      help: 'The longest time that tasks get to end, such as 10m (default: their own)',
    },
    'mark-gone': { type: 'boolean', help: 'Mark the agent gone when it is drained: it never comes back' },
    follow: { type: 'boolean', short: 'f', help: 'Show what still runs, until all is drained' },
    ...confirmOptions,
    json: { ...clusterOptions.json, help: 'Print JSON, an object a line' },
  },
  notes,
  run: ({ master, json, yes, follow = false, 'mark-gone': markGone = false, ...rest }, words) => {
    if (words.length === 0) throw new UsageError('Which agent? Give its id or host');
    const period = rest['max-grace-period'];
    const graceMs = period === undefined ? undefined : readDuration('--max-grace-period', period);
    return withMaster(master, async (client, masters) => {
      const agents = await findAgents(client, words);
      await confirmDraining(client, agents, markGone, yes);
      const start = async () => {
        for (const agent of agents) await drain(client, agentIdOf(agent), { graceMs, markGone });
      };
      const print = (what: DrainReport) => write('stdout', `${json ? JSON.stringify(what) : printable(say(what))}\n`);
      if (follow) {
        await followDraining(masters, agents.map(agentIdOf), start, print);
        return 0;
      }
      await start();
      for (const agent of agents) {
        const agent_id = agentIdOf(agent);
        await write('stdout', `${json ? JSON.stringify({ agent_id }) : agent_id}\n`);
      }
      return 0;
    });
  },
});

async function confirmDraining(
  client: MasterClient,
  agents: readonly ClusterAgent[],
  markGone: boolean,
  yes: boolean | undefined,
): Promise<void> {
  const tasks = await tasksOn(client, agents.map(agentIdOf));
  const kills = `kills ${counted(tasks.length, 'task')}`;
  if (tasks.length === 0 && !markGone) return;
  const what = `Draining ${agents.map(describeAgent).join(' and ')}`;
  const gone = `ends ${agents.length === 1 ? 'it' : 'them'} for good`;
  await confirm(yes, `${what} ${markGone ? `${kills} and ${gone}` : kills}`);
}

async function drain(
  client: MasterClient,
  id: string,
  { graceMs, markGone }: { graceMs: number | undefined; markGone: boolean },
): Promise<void> {
  const drain_agent: MasterCallDrainAgent = {
    agent_id: { value: id },
    ...(graceMs !== undefined && {
      max_grace_period: { seconds: Math.floor(graceMs / 1000), nanos: Math.round((graceMs % 1000) * 1e6) },
    }),
    ...(markGone && { mark_gone: true }),
  };
  await client.call({ type: 'DRAIN_AGENT', drain_agent });
}

function say(what: DrainReport): string {
  switch (what.type) {
    case 'draining':
      return `Agent ${what.agent_id}: ${what.tasks.length === 0 ? 'no task runs' : `waiting for ${what.tasks.join(', ')}`}`;
    case 'task':
      return `${what.task_id}: ${what.state.replace('TASK_', '').toLowerCase()}`;
    case 'unacknowledged':
      return `Agent ${what.agent_id}: its framework has not acknowledged the end of ${counted(what.tasks, 'task')} yet`;
    case 'drained':
      return `Agent ${what.agent_id} is drained`;
    case 'gone':
      return `Agent ${what.agent_id} is gone`;
    case 'away':
      return `Agent ${what.agent_id} is unreachable: it is drained when it comes back`;
    case 'reactivated':
      return `Agent ${what.agent_id} is not drained any more: it was reactivated`;
    case 'disconnected':
      return 'The master has closed the connection; asking again';
    default:
      throw new Error(`unhandled report ${what satisfies never}`);
  }
}
