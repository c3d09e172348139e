/** Reads and checks the files of daemons. Opening a FIFO in place of a file could block forever. */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** A path has something other than a regular file. The message names the path, what is there and what to do. */
export class NotRegularFileError extends Error {
  override readonly name = 'NotRegularFileError';
  readonly code = 'NOT_REGULAR_FILE';

  constructor(path: string, stats: Stats) {
    super(`'${path}' is ${kindOf(stats)}, not a regular file: move it away`);
  }
}

/**
 * Reads a whole file. Does not block on what is not a regular file.
 *
 * @throws {NotRegularFileError}
 * @throws {NodeJS.ErrnoException} of `open` and `read`.
 */
export async function readRegularFile(path: string): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new NotRegularFileError(path, stats);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/**
 * Reads a whole file, as {@link readRegularFile}. Synchronous, for use during start-up, where thousands of small files are read: with
 * threads that takes many times as long.
 *
 * @throws {NotRegularFileError}
 * @throws {NodeJS.ErrnoException} of `open` and `read`.
 */
export function readRegularFileSync(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new NotRegularFileError(path, stats);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Checks that a path is a regular file or missing. Synchronous, for use during start-up, in directories that only this
 * user can change.
 *
 * @throws {NotRegularFileError}
 * @throws {NodeJS.ErrnoException} when it cannot be examined.
 */
export function assertRegularFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile()) throw new NotRegularFileError(path, stats);
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return stats.isDirectory() ? 'a directory' : 'a device';
}
