import type { MasterResponseGetFrameworksFramework as Framework } from '@meseta/protocol';
import { command } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { withMaster } from '../master-option.ts';
import { age } from '../output.ts';
import { scalar } from '../resources.ts';
import type { Column } from '../table.ts';

/** A framework in the list; `completed` when it has ended and is in the master's history. */
interface Row extends Framework {
  completed?: true;
}

const columns: Column<Row>[] = [
  { header: 'ID', value: ({ framework_info }) => framework_info.id?.value ?? '', shrinks: 'middle' },
  { header: 'NAME', value: ({ framework_info }) => framework_info.name, shrinks: 'end' },
  {
    header: 'STATE',
    value: ({ completed, active, connected }) =>
      completed ? 'completed' : active ? 'active' : connected ? 'inactive' : 'disconnected',
  },
  {
    header: 'ROLES',
    value: ({ framework_info: { roles, role } }) => (roles ?? [role ?? '*']).join(',') || '-',
    shrinks: 'end',
    optional: true,
  },
  {
    header: 'CPUS',
    value: ({ allocated_resources }) => String(scalar(allocated_resources, 'cpus')),
    align: 'right',
    optional: true,
  },
  {
    header: 'MEM',
    value: ({ allocated_resources }) => String(scalar(allocated_resources, 'mem')),
    align: 'right',
    optional: true,
  },
  {
    header: 'REGISTERED',
    value: ({ registered_time: time }) => age(time && time.nanoseconds / 1e6),
    align: 'right',
    optional: true,
  },
];

export default command({
  name: 'frameworks',
  summary: 'List the frameworks of a cluster',
  options: { ...listOptions, all: { type: 'boolean', short: 'a', help: 'Completed frameworks too' } },
  run: ({ master, all, ...how }) =>
    withMaster(master, async client => {
      const found = (await client.call({ type: 'GET_FRAMEWORKS' }))?.get_frameworks;
      const completed = (found?.completed_frameworks ?? []).map(framework => ({
        ...framework,
        completed: true as const,
      }));
      const rows: Row[] = [...(found?.frameworks ?? []), ...(all ? completed : [])];
      printList({ columns, rows, idOf: ({ framework_info }) => framework_info.id?.value ?? '' }, how);
      return 0;
    }),
});
