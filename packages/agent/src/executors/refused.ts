/** Launches that this agent does not allow. */
import { LaunchError } from '@meseta/containers';
import type { CommandTaskInput } from '@meseta/tasks';

/** What refused tasks are told: they can never run here. */
export const refusedStatus = { state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' } as const;

/** Returns the input of a task's state machine for a launch that is not allowed; undefined for other failures. */
export function launchRefusal(error: unknown): (CommandTaskInput & { readonly type: 'destroyed' }) | undefined {
  if (!(error instanceof LaunchError && error.code === 'REFUSED')) return undefined;
  return { type: 'destroyed', ...refusedStatus, message: error.message };
}
