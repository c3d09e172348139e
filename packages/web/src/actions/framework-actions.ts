/** What operators do to frameworks and to their tasks. */
import { isTerminal, type Task } from '@meseta/protocol/browser';
import { taskKey } from '../store/keys.ts';
import type { Row } from '../store/table.ts';
import { count, wordOf } from '../ui/format.ts';
import { readDuration } from '../ui/typed-amounts.ts';
import { type Action, call } from './action.ts';

/** A framework as its page knows it. */
export interface FrameworkObject {
  readonly row: Row;
}

const nameOf = ({ row }: FrameworkObject) => `framework ${row.name || row.key}`;

/** The actions on a framework. */
export const frameworkActions: readonly Action<FrameworkObject>[] = [
  {
    name: 'teardown',
    title: 'Tear down',
    object: nameOf,
    check: ({ row }) => ({ action: 'teardown', framework_id: row.key }),
    state: ({ row }) => String(row.state),
    /** @see packages/master/src/operator/teardown.ts, frameworkToTearDown */
    notNow: ({ row }) => (row.state === 'completed' ? 'This framework has ended.' : undefined),
    countsTasks: true,
    consequence: ({ row }) =>
      `Ends ${count(Number(row.tasks), 'task')}, with their executors, and the framework. It cannot come back with this id.`,
    typed: ({ row }) => row.key,
    prepare: ({ row }) => call('TEARDOWN', { framework_id: { value: row.key } }),
    effect: of => ({
      source: 'events',
      table: 'frameworks',
      key: of.row.key,
      seen: ({ row }) =>
        row === undefined || row.state === 'completed' ? `The ${nameOf(of)} is torn down.` : undefined,
    }),
  },
];

/** The actions on a task. */
export const taskActions: readonly Action<Task>[] = [
  {
    name: 'kill',
    title: 'Kill',
    object: ({ task_id }) => `task ${task_id.value}`,
    check: ({ task_id, framework_id }) => ({
      action: 'kill_task',
      framework_id: framework_id.value,
      task_id: task_id.value,
    }),
    state: ({ state }) => state,
    /** A task that has ended is none that the master could kill. @see packages/master/src/tasks/kill.ts */
    notNow: ({ state }) => (isTerminal(state) ? `This task has ended: ${wordOf(state)}.` : undefined),
    consequence: () => 'Kills the task, as its framework would. The framework may run another one in its place.',
    fields: () => [
      {
        name: 'grace',
        label: 'Grace period',
        kind: 'text',
        hint: 'The time that the task gets to end, such as 5s. Left empty: its own.',
      },
    ],
    prepare({ task_id, framework_id }, { grace = '' }) {
      const read = grace.trim() === '' ? undefined : readDuration(grace.trim());
      if (read && 'problem' in read) return { problems: { grace: read.problem } };
      const body = {
        framework_id: framework_id.value,
        task_id: task_id.value,
        ...(read && { kill_policy: { grace_period: `${read.value / 1000}secs` } }),
      };
      return { request: { path: '/tasks/kill', body } };
    },
    fieldOf: ({ status, message }) => (status === 400 && /grace_period/.test(message) ? 'grace' : undefined),
    effect: ({ task_id, framework_id }) => ({
      source: 'events',
      table: 'tasks',
      key: taskKey(framework_id.value, task_id.value),
      seen({ task }) {
        if (task === undefined) return `The task ${task_id.value} is gone.`;
        const isEnding = task.state === 'TASK_KILLING' || isTerminal(task.state);
        return isEnding ? `The task ${task_id.value} is ${wordOf(task.state)}.` : undefined;
      },
    }),
  },
];
