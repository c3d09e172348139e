/** Opens files below a directory safely: users who can write there cannot redirect the access to another directory. */
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { normalize } from 'node:path';
import { FilesError } from './error.ts';

const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Tells whether a path is a directory or lies below it; both must be real paths. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root === '/' ? root : `${root}/`);
}

/**
 * Returns the path of an open file according to the kernel, whatever was renamed or linked since. The path of a removed
 * file ends with ` (deleted)` and is not followed.
 */
function pathOf(handle: FileHandle): Promise<string> {
  return readlink(`/proc/self/fd/${handle.fd}`);
}

/** Nothing there, or not a directory where one must be. */
function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
}

/**
 * Opens a regular file or a directory for reading. Links are followed as long as they stay below `root`, checked by
 * where the open file is, not by where its path pointed a moment ago. Never blocks on a FIFO, never opens a device.
 *
 * @param root real path of a directory, or of the one file that may be opened.
 * @param path absolute; may contain links and `..`.
 * @throws {FilesError} NOT_FOUND when there is nothing; INVALID when it is outside, or neither file nor directory;
 *   UNKNOWN when the system refuses.
 */
export async function openInside(root: string, path: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    // Checked before the file system is accessed: clients must not learn whether a file outside exists.
    const real = isInside(root, normalize(path)) ? await realpath(path) : undefined;
    if (real === undefined || !isInside(root, real)) throw new FilesError('INVALID', `'${path}' is inaccessible.\n`);
    const entry = await stat(real);
    if (!entry.isFile() && !entry.isDirectory()) {
      throw new FilesError('INVALID', `'${path}' is neither a file nor a directory.\n`);
    }
    handle = await open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (entry.isDirectory() ? O_DIRECTORY : 0));
    // A directory of the path may have become a link, or the file a FIFO, in between.
    const opened = await handle.stat();
    if ((!opened.isFile() && !opened.isDirectory()) || !isInside(root, await pathOf(handle))) {
      throw new FilesError('INVALID', `'${path}' is inaccessible.\n`);
    }
    const result = handle;
    handle = undefined;
    return result;
  } catch (error) {
    if (error instanceof FilesError) throw error;
    if (isMissing(error)) throw new FilesError('NOT_FOUND');
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ERR_INVALID_ARG_VALUE') {
      throw new FilesError('INVALID', `Failed to determine canonical path of '${path}'.\n`, { cause: error });
    }
    throw new FilesError('UNKNOWN', `Failed to open file at '${path}': ${code ?? 'unknown error'}.\n`, {
      cause: error,
    });
  } finally {
    await handle?.close();
  }
}
