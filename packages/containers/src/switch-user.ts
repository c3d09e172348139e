import { switchTo, type User } from '@meseta/system';
import { LaunchError } from './errors.ts';

/**
 * Returns the user that a container's processes switch to; undefined when it is this process's own user.
 *
 * @throws {LaunchError} `USER` when the user is unknown, or is another one and this process does not run as root.
 */
export async function switchUser(name: string): Promise<User | undefined> {
  try {
    return await switchTo(name);
  } catch (cause) {
    throw new LaunchError('USER', (cause as Error).message, { cause });
  }
}

/** Puts a user into more groups. */
export function withGroups(user: User | undefined, groups: readonly number[] = []): User | undefined {
  if (user === undefined || groups.length === 0) return user;
  return { ...user, groups: [...new Set([...user.groups, ...groups])] };
}
