import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { killCall } from './kill.ts';

/**
 * Opens the directory that has the files of calls under way, private to the daemon's user, each called after its call's
 * id. What a daemon that was killed has left of its calls is ended and removed.
 *
 * @param runtimeDirectory of one daemon at a time.
 */
export async function openCallDirectory(runtimeDirectory: string): Promise<string> {
  const directory = join(runtimeDirectory, 'command_modules');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const left = await readdir(directory);
  const ids = new Set(left.map(name => name.slice(0, name.lastIndexOf('.'))));
  await Promise.all([...ids].map(killCall));
  for (const name of left) await rm(join(directory, name), { recursive: true, force: true });
  return directory;
}
