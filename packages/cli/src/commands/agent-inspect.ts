import { isTerminal } from '@meseta/protocol';
import { agentIdOf, agentState, findAgents } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { keyOfMachine, machineOfAgent, scheduledMachines } from '../operator/machines.ts';
import { write } from '../output.ts';

export default command({
  name: 'agent inspect',
  summary: 'Print everything that is known of agents, as JSON',
  arguments: 'AGENT …',
  options: { master: clusterOptions.master, json: { ...clusterOptions.json, help: 'Print JSON, as it does anyway' } },
  notes: `Prints an array with the master's own message of each agent and, beside it, 'state' in a word as in 'meseta agents',
'tasks' with the ids of those that run, and 'maintenance' when that of its machine is planned.`,
  run: ({ master }, words) => {
    if (words.length === 0) throw new UsageError('Which agent? Give its id or host');
    return withMaster(master, async client => {
      const agents = await findAgents(client, words);
      const tasks = (await client.call({ type: 'GET_TASKS' }))?.get_tasks?.tasks ?? [];
      const schedule = await client
        .call({ type: 'GET_MAINTENANCE_SCHEDULE' })
        .then(answer => answer?.get_maintenance_schedule?.schedule ?? {});
      const planned = new Map(scheduledMachines(schedule).map(each => [keyOfMachine(each.id), each.unavailability]));
      const found = agents.map(agent => {
        const own = tasks.filter(({ agent_id, state }) => agent_id.value === agentIdOf(agent) && !isTerminal(state));
        const machine = machineOfAgent(agent);
        const maintenance = machine && planned.get(keyOfMachine(machine));
        return {
          ...agent,
          state: agentState(agent),
          tasks: own.map(({ task_id, framework_id, state }) => ({ task_id, framework_id, state })),
          ...(maintenance && { maintenance }),
        };
      });
      await write('stdout', `${JSON.stringify(found, null, 2)}\n`);
      return 0;
    });
  },
});
