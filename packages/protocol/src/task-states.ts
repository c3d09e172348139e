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

/** Tells whether a task never leaves a state. TASK_UNREACHABLE is not terminal, because the agent may return. */
export function isTerminal(state: TaskState): boolean {
  return terminal.has(state);
}
