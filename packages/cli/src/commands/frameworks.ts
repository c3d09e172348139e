import type { MasterResponseGetFrameworksFramework as Framework } from '@meseta/protocol';
import { command } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { age, printRows } from '../output.ts';
import { scalar } from '../resources.ts';
import type { Column } from '../table.ts';

const columns: Column<Framework>[] = [
  { header: 'ID', value: ({ framework_info }) => framework_info.id?.value ?? '' },
  { header: 'NAME', value: ({ framework_info }) => framework_info.name, shrinks: true },
  { header: 'STATE', value: ({ active, connected }) => (active ? 'active' : connected ? 'inactive' : 'disconnected') },
  {
    header: 'ROLES',
    value: ({ framework_info: { roles, role } }) => (roles ?? [role ?? '*']).join(','),
    shrinks: true,
  },
  { header: 'CPUS', value: ({ allocated_resources }) => String(scalar(allocated_resources, 'cpus')), align: 'right' },
  { header: 'MEM', value: ({ allocated_resources }) => String(scalar(allocated_resources, 'mem')), align: 'right' },
  { header: 'REGISTERED', value: ({ registered_time: time }) => age(time && time.nanoseconds / 1e6), align: 'right' },
];

export default command({
  name: 'frameworks',
  summary: 'List the frameworks of a cluster',
  options: { ...clusterOptions, all: { type: 'boolean', short: 'a', help: 'Completed frameworks too' } },
  run: ({ master, json, all }) =>
    withMaster(master, async client => {
      const found = (await client.call({ type: 'GET_FRAMEWORKS' }))?.get_frameworks;
      printRows(columns, [...(found?.frameworks ?? []), ...(all ? (found?.completed_frameworks ?? []) : [])], json);
      return 0;
    }),
});
