import type { MasterResponseGetAgentsAgent as Agent } from '@meseta/protocol';
import { command } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { age, printRows } from '../output.ts';
import { usage } from '../resources.ts';
import type { Column } from '../table.ts';

const columns: Column<Agent>[] = [
  { header: 'ID', value: ({ agent_info }) => agent_info.id?.value ?? '', shrinks: 'start' },
  { header: 'HOST', value: ({ agent_info }) => `${agent_info.hostname}:${agent_info.port ?? 5051}`, shrinks: 'end' },
  {
    header: 'STATE',
    value: ({ active, deactivated }) => (deactivated ? 'deactivated' : active ? 'active' : 'inactive'),
  },
  { header: 'CPUS', value: agent => usage(agent.allocated_resources, agent.total_resources, 'cpus'), align: 'right' },
  { header: 'MEM', value: agent => usage(agent.allocated_resources, agent.total_resources, 'mem'), align: 'right' },
  { header: 'DISK', value: agent => usage(agent.allocated_resources, agent.total_resources, 'disk'), align: 'right' },
  { header: 'VERSION', value: ({ version }) => version },
  { header: 'REGISTERED', value: ({ registered_time: time }) => age(time && time.nanoseconds / 1e6), align: 'right' },
];

export default command({
  name: 'agents',
  summary: 'List the agents of a cluster',
  options: clusterOptions,
  run: ({ master, json }) =>
    withMaster(master, async client => {
      const response = await client.call({ type: 'GET_AGENTS' });
      printRows(columns, response?.get_agents?.agents ?? [], json);
      return 0;
    }),
});
