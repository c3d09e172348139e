import type { TaskState } from './gen/messages.ts';

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
