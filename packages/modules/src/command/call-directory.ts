import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '@meseta/system';
import { killCall } from './kill.ts';

/**
 * Opens the directory of the files of running calls. It is private to the daemon's user, and each file is named after
 * its call's id. Ends the processes of calls that a killed daemon left running, and removes their files.
 *
 * @param runtimeDirectory of this daemon only.
 * @returns the path of the directory.
 */
export async function openCallDirectory(runtimeDirectory: string): Promise<string> {
  const directory = join(runtimeDirectory, 'command_modules');
  await makeDirectories(directory, 0o700);
  const left = await readdir(directory);
  const ids = new Set(left.map(name => name.slice(0, name.lastIndexOf('.'))));
  await Promise.all([...ids].map(killCall));
  for (const name of left) await rm(join(directory, name), { recursive: true, force: true });
  return directory;
}
