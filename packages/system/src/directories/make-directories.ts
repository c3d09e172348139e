import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory with the parents that are missing; one that is there stays as it is. Unlike `mkdir` of Node.js with `recursive`,
 * it says when the disk is mounted read-only or fails: that one takes it for a directory that is missing.
 *
 * @param mode of new directories, less the umask.
 * @throws {NodeJS.ErrnoException}
 */
export async function makeDirectories(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    await makeDirectories(parent, mode);
    await mkdir(path, mode).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again; // another one has made it meanwhile
    });
  }
}
