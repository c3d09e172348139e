import { agentIdOf, agentState, type ClusterAgent, clusterAgents } from '../cluster-agents.ts';
import { command } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { withMaster } from '../master-option.ts';
import { age } from '../output.ts';
import { usage } from '../resources.ts';
import type { Column } from '../table.ts';

const resource = (name: string): Column<ClusterAgent> => ({
  header: name.toUpperCase(),
  value: row =>
    row.unreachable_time ? '-' : usage(row.allocated_resources, row.total_resources ?? row.agent_info.resources, name),
  align: 'right',
  optional: true,
});

const columns: Column<ClusterAgent>[] = [
  { header: 'ID', value: agentIdOf, shrinks: 'middle' },
  {
    header: 'HOST',
    value: ({ agent_info: { hostname, port = 5051 } }) => (hostname === undefined ? '-' : `${hostname}:${port}`),
    shrinks: 'middle',
  },
  { header: 'STATE', value: agentState },
  resource('cpus'),
  resource('mem'),
  resource('disk'),
  { header: 'VERSION', value: ({ version }) => version ?? '-', optional: true },
  {
    header: 'REGISTERED',
    value: ({ registered_time: time }) => age(time && time.nanoseconds / 1e6),
    align: 'right',
    optional: true,
  },
];

export default command({
  name: 'agents',
  summary: 'List the agents of a cluster',
  options: listOptions,
  run: ({ master, ...how }) =>
    withMaster(master, async client => {
      printList({ columns, rows: await clusterAgents(client), idOf: agentIdOf }, how);
      return 0;
    }),
});
