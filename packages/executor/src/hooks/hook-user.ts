import { switchTo } from '@meseta/system';
import type { HookedTask } from '@meseta/tasks';
import type { ProcessSpec } from '../supervision/task-process.ts';

/** Whom commands of hooks run as: nobody with more rights than the task should follow the links in its sandbox. */
export async function hookUser({ user }: HookedTask): Promise<Pick<ProcessSpec, 'user'>> {
  const other = user === undefined ? undefined : await switchTo(user);
  return other ? { user: other } : {};
}
