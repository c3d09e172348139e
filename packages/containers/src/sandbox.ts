import { chmod, chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { switchTo } from './users.ts';

/**
 * Makes a container's sandbox, mode 0750, with empty files `stdout` and `stderr`: they exist before anything else of
 * the container does. Idempotent; files that are there are kept.
 *
 * @param user owner of it all where users are switched; else whoever runs the agent.
 * @throws {LaunchError} `USER` when the user is unknown or cannot be switched to.
 * @see Mesos src/slave/paths.cpp, createExecutorDirectory
 */
export async function createSandbox(directory: string, user?: string): Promise<void> {
  const owner = user === undefined ? undefined : await switchTo(user);
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o750); // mkdir's mode is subject to the umask, and applies to the parents
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid);
  for (const name of ['stdout', 'stderr']) {
    const file = await open(join(directory, name), 'a', 0o644);
    try {
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    } finally {
      await file.close();
    }
  }
}
