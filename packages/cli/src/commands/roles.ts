import type { Role } from '@meseta/protocol';
import { command } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { withMaster } from '../master-option.ts';
import { scalar } from '../resources.ts';
import type { Column } from '../table.ts';

const resource = (name: string): Column<Role> => ({
  header: name.toUpperCase(),
  value: ({ resources }) => String(scalar(resources, name)),
  align: 'right',
  optional: true,
});

const columns: Column<Role>[] = [
  { header: 'ROLE', value: ({ name }) => name, shrinks: 'end' },
  { header: 'WEIGHT', value: ({ weight }) => String(weight), align: 'right' },
  resource('cpus'),
  resource('mem'),
  resource('disk'),
  {
    header: 'FRAMEWORKS',
    value: ({ frameworks = [] }) => frameworks.map(({ value }) => value).join(',') || '-',
    shrinks: 'end',
    optional: true,
  },
];

export default command({
  name: 'roles',
  summary: 'List roles that are in use, or have a weight or a quota',
  options: { ...listOptions, quiet: { ...listOptions.quiet, help: 'Print their names only, one a line' } },
  notes: 'CPUS, MEM and DISK are what the frameworks of a role hold and are offered.',
  run: ({ master, ...how }) =>
    withMaster(master, async client => {
      const rows = (await client.call({ type: 'GET_ROLES' }))?.get_roles?.roles ?? [];
      printList({ columns, rows, idOf: ({ name }) => name }, how);
      return 0;
    }),
});
