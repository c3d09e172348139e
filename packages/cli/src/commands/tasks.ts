import type { Task } from '@meseta/protocol';
import { addressesOf } from '../addresses.ts';
import { command } from '../command.ts';
import { formatOf, listOptions, printList } from '../list.ts';
import { withMaster } from '../master-option.ts';
import { age } from '../output.ts';
import { scalar } from '../resources.ts';
import { type Column, style } from '../table.ts';

function stateOf({ state }: Task): string {
  return state.replace('TASK_', '').toLowerCase();
}

function startedMs({ statuses }: Task): number | undefined {
  const first = statuses?.[0]?.timestamp;
  return first === undefined ? undefined : first * 1000;
}

const columns: Column<Task>[] = [
  { header: 'ID', value: ({ task_id }) => task_id.value, shrinks: 'middle' },
  { header: 'NAME', value: ({ name }) => name, shrinks: 'end' },
  { header: 'STATE', value: stateOf },
  { header: 'FRAMEWORK', value: ({ framework_id }) => framework_id.value, shrinks: 'middle', optional: true },
  { header: 'AGENT', value: ({ agent_id }) => agent_id.value.replace(/^.*-(S\d+)$/, '$1'), optional: true },
  {
    header: 'CPUS',
    value: ({ resources }) => String(scalar(resources, 'cpus')),
    align: 'right',
    optional: true,
  },
  { header: 'MEM', value: ({ resources }) => String(scalar(resources, 'mem')), align: 'right', optional: true },
  { header: 'AGE', value: task => age(startedMs(task)), align: 'right', optional: true },
  { header: 'ADDRESS', value: ({ statuses }) => addressesOf(statuses).join(',') || '-', optional: true },
];

export default command({
  name: 'tasks',
  summary: 'List the tasks of a cluster',
  options: {
    ...listOptions,
    all: { type: 'boolean', short: 'a', help: 'Completed and unreachable tasks too' },
    framework: { type: 'string', value: 'ID', help: 'Only tasks of this framework' },
  },
  run: ({ master, all, framework, ...how }) =>
    withMaster(master, async client => {
      const found = (await client.call({ type: 'GET_TASKS' }))?.get_tasks;
      const live = found?.tasks ?? [];
      const ended = all ? [...(found?.unreachable_tasks ?? []), ...(found?.completed_tasks ?? [])] : [];
      const tasks = [...live, ...ended].filter(
        task => framework === undefined || task.framework_id.value === framework,
      );
      printList({ columns, rows: tasks, idOf: ({ task_id }) => task_id.value }, how);
      if (formatOf(how) === 'table' && tasks.length === 0)
        process.stderr.write(style('dim', 'no tasks\n', process.stderr));
      return 0;
    }),
});
