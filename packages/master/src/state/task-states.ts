import type { Task, TaskState } from '@meseta/protocol';

const terminal: ReadonlySet<TaskState> = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
]);

/** True for states a task never leaves. UNREACHABLE is not one: the agent may come back. */
export function isTerminal(state: TaskState): boolean {
  return terminal.has(state);
}

/**
 * True while a task holds resources: neither terminal nor unreachable. A task may be terminal (its latest state, told
 * by the agent) while the framework has only been sent an earlier one.
 */
export function holdsResources(task: Task): boolean {
  return !isTerminal(task.state) && task.state !== 'TASK_UNREACHABLE';
}
