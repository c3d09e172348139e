/** Groups of the states of tasks, for pages and for the worker. */

/** States that an operator should look into. */
export const failureStates = [
  'TASK_FAILED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_UNREACHABLE',
] as const;

const failures: ReadonlySet<string> = new Set(failureStates);
const running: ReadonlySet<string> = new Set(['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING']);

/** Whether an operator should look into a task of this state. */
export function hasFailed(state: string): boolean {
  return failures.has(state);
}

/** Whether a task of this state has a container on an agent that is reached, or is to get one. */
export function isRunning(state: string): boolean {
  return running.has(state);
}
