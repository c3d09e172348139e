import type { Operation, Resource } from '@meseta/protocol';
import { printAmounts } from '../amounts.ts';
import { command } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { withMaster } from '../master-option.ts';
import type { Column } from '../table.ts';

/** Returns the resources that an operation is about. */
function resourcesOf({ info }: Operation): readonly Resource[] {
  const { reserve, unreserve, create, destroy, grow_volume, shrink_volume, create_disk, destroy_disk } = info;
  const source = create_disk?.source ?? destroy_disk?.source ?? grow_volume?.volume ?? shrink_volume?.volume;
  if (source) return [source];
  return reserve?.resources ?? unreserve?.resources ?? create?.volumes ?? destroy?.volumes ?? [];
}

/** Returns the UUID of an operation as text. The message has its 16 bytes in base64. */
function idOf({ uuid }: Operation): string {
  const hex = Buffer.from(String(uuid.value), 'base64').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const columns: Column<Operation>[] = [
  { header: 'UUID', value: idOf, shrinks: 'middle' },
  { header: 'TYPE', value: ({ info }) => info.type ?? 'UNKNOWN' },
  { header: 'STATE', value: ({ latest_status }) => latest_status.state.replace('OPERATION_', '').toLowerCase() },
  { header: 'RESOURCES', value: operation => printAmounts(resourcesOf(operation)), shrinks: 'end' },
  { header: 'AGENT', value: ({ agent_id }) => agent_id?.value ?? '-', shrinks: 'middle' },
  {
    header: 'FRAMEWORK',
    value: ({ framework_id }) => framework_id?.value ?? '-',
    shrinks: 'middle',
    optional: true,
  },
];

export default command({
  name: 'operations',
  summary: 'List operations on resources that are under way, or not acknowledged',
  options: listOptions,
  notes: 'An operation of an operator has no framework.',
  run: ({ master, ...how }) =>
    withMaster(master, async client => {
      const rows = (await client.call({ type: 'GET_OPERATIONS' }))?.get_operations?.operations ?? [];
      printList({ columns, rows, idOf }, how);
      return 0;
    }),
});
