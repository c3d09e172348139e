/** `agent deactivate`, `agent reactivate` and `agent gone`. */
import type { AgentID, MasterCall } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { agentIdOf, type ClusterAgent, counted, describeAgent, findAgents, tasksOn } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { confirm, confirmOptions } from '../confirm.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';

/** A change of one agent by one call. */
interface Change {
  readonly name: string;
  readonly summary: string;
  readonly notes: string;
  readonly call: (agent_id: AgentID) => MasterCall;
  /** Asks before the change, where it ends something. */
  readonly ask?: (client: MasterClient, agents: readonly ClusterAgent[], yes: boolean | undefined) => Promise<void>;
}

function changeCommand({ name, summary, notes, call, ask }: Change) {
  return command({
    name,
    summary,
    arguments: 'AGENT …',
    options: { ...clusterOptions, ...(ask && confirmOptions) },
    notes,
    run: async ({ master, json, ...rest }, words) => {
      if (words.length === 0) throw new UsageError('Which agent? Give its id or host');
      return withMaster(master, async client => {
        const agents = await findAgents(client, words);
        await ask?.(client, agents, (rest as { yes?: boolean }).yes);
        for (const agent of agents) {
          const agent_id = { value: agentIdOf(agent) };
          await client.call(call(agent_id));
          await write('stdout', `${json ? JSON.stringify({ agent_id: agent_id.value }) : agent_id.value}\n`);
        }
        return 0;
      });
    },
  });
}

/** `meseta agent deactivate`. */
export const agentDeactivate = changeCommand({
  name: 'agent deactivate',
  summary: 'Take agents out of all offers; their tasks run on',
  notes: "Prints the ids of the agents. 'meseta agent reactivate' takes them in again.",
  call: agent_id => ({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } }),
});

/** `meseta agent reactivate`. */
export const agentReactivate = changeCommand({
  name: 'agent reactivate',
  summary: 'Offer agents again that were deactivated or drained',
  notes: 'Prints the ids of the agents. An agent that still drains is refused: its tasks are being killed.',
  call: agent_id => ({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } }),
});

/** `meseta agent gone`. */
export const agentGone = changeCommand({
  name: 'agent gone',
  summary: 'Mark agents gone: they end, and can never register again',
  notes: `Prints the ids of the agents. For machines that will not come back: their tasks are reported as
TASK_GONE_BY_OPERATOR, so that frameworks need not wait for them. docs/operating.md says how such a machine joins again.`,
  call: agent_id => ({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id } }),
  ask: async (client, agents, yes) => {
    const tasks = await tasksOn(client, agents.map(agentIdOf));
    const them = agents.length === 1 ? 'it' : 'them';
    const kills = tasks.length === 0 ? '' : ` with ${counted(tasks.length, 'task')}`;
    await confirm(yes, `Marking ${agents.map(describeAgent).join(' and ')} gone ends ${them} for good${kills}`);
  },
});
