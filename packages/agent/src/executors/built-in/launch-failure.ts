import { type ContainerId, LaunchError, openSandbox } from '@meseta/containers';
import type { CommandTaskInput } from '@meseta/tasks';
import { limitOf } from '../limit.ts';

/** The input of a task's state machine for a failed launch. */
export type LaunchFailure = CommandTaskInput & { readonly type: 'launch-failed' };

/** Converts the error of a launch into the input of the task's state machine. */
export function launchFailure(error: unknown): LaunchFailure {
  const launchError = error instanceof LaunchError ? error : undefined;
  const limit = launchError?.limitation && { limit: limitOf(launchError.limitation) };
  const message = `Failed to launch container: ${(error as Error).message}`;
  return { type: 'launch-failed', cause: causeOf(launchError), message, ...limit };
}

/**
 * In Mesos, a program that cannot be executed is a command that failed. A request that is too large is not the
 * program's failure.
 */
function causeOf(error: LaunchError | undefined): LaunchFailure['cause'] {
  if (error?.code === 'DESTROYED') return 'destroyed';
  return error?.step === 'exec' && error.errno !== 'E2BIG' ? 'exec' : 'other';
}

/** Writes to the task's stderr why its program could not be executed, where a shell would say so. Never rejects. */
export async function explainInSandbox(sandbox: string, container: ContainerId, error: unknown): Promise<void> {
  try {
    const directory = await openSandbox(sandbox, container, undefined);
    try {
      const file = await directory.append('stderr');
      await file.appendFile(`${(error as Error).message}\n`).finally(() => file.close());
    } finally {
      await directory.close();
    }
  } catch {
    // The status has it, too.
  }
}
