import { switchTo, type User } from '@meseta/system';
import { LaunchError } from './errors.ts';

/**
 * The identity that processes of a container switch to; undefined when it is this process's own.
 *
 * @throws {LaunchError} `USER` when the user is unknown, or is another one and this process is not root's.
 */
export async function switchUser(name: string): Promise<User | undefined> {
  try {
    return await switchTo(name);
  } catch (cause) {
    throw new LaunchError('USER', (cause as Error).message, { cause });
  }
}
