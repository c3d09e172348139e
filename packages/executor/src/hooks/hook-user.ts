import { switchTo } from '@meseta/system';
import type { HookedTask } from '@meseta/tasks';
import type { ProcessSpec } from '../supervision/task-process.ts';

/**
 * Returns the user that commands of hooks run as: that of the task. With more rights than the task, a hook could be led
 * astray by a symbolic link in the sandbox, which the task writes to.
 */
export async function hookUser({ user }: HookedTask): Promise<Pick<ProcessSpec, 'user'>> {
  const other = user === undefined ? undefined : await switchTo(user);
  return other ? { user: other } : {};
}
