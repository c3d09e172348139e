import type { Task } from '@meseta/protocol';
import { command } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { age, printRows } from '../output.ts';
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
  { header: 'ID', value: ({ task_id }) => task_id.value, shrinks: 'start' },
  { header: 'NAME', value: ({ name }) => name, shrinks: 'end' },
  { header: 'STATE', value: stateOf },
  { header: 'FRAMEWORK', value: ({ framework_id }) => framework_id.value, shrinks: 'start' },
  { header: 'AGENT', value: ({ agent_id }) => agent_id.value.replace(/^.*-(S\d+)$/, '$1') },
  { header: 'CPUS', value: ({ resources }) => String(scalar(resources, 'cpus')), align: 'right' },
  { header: 'MEM', value: ({ resources }) => String(scalar(resources, 'mem')), align: 'right' },
  { header: 'AGE', value: task => age(startedMs(task)), align: 'right' },
];

export default command({
  name: 'tasks',
  summary: 'List the tasks of a cluster',
  options: {
    ...clusterOptions,
    all: { type: 'boolean', short: 'a', help: 'Completed and unreachable tasks too' },
    framework: { type: 'string', value: 'ID', help: 'Only tasks of this framework' },
  },
  run: ({ master, json, all, framework }) =>
    withMaster(master, async client => {
      const found = (await client.call({ type: 'GET_TASKS' }))?.get_tasks;
      const live = found?.tasks ?? [];
      const ended = all ? [...(found?.unreachable_tasks ?? []), ...(found?.completed_tasks ?? [])] : [];
      const tasks = [...live, ...ended].filter(
        task => framework === undefined || task.framework_id.value === framework,
      );
      printRows(columns, tasks, json);
      if (!json && tasks.length === 0) process.stderr.write(style('dim', 'no tasks\n', process.stderr));
      return 0;
    }),
});
