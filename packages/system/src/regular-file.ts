/** Files that daemons keep: a FIFO in the place of one would block whoever opens it for ever. */
import { constants, type Stats, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Something else is where a file should be. The message names the path, what is there and what to do. */
export class NotRegularFileError extends Error {
  override readonly name = 'NotRegularFileError';
  readonly code = 'NOT_REGULAR_FILE';

  constructor(path: string, stats: Stats) {
    super(`'${path}' is ${kindOf(stats)}, not a regular file: move it away`);
  }
}

/**
 * Reads a whole file without waiting for what is no regular file.
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
 * Makes sure that a regular file can be opened at a path, or made there. Synchronous: for start-up, in directories that
 * only this user can change.
 *
 * @throws {NotRegularFileError}
 * @throws {NodeJS.ErrnoException} when it cannot be looked at.
 */
export function assertRegularFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile()) throw new NotRegularFileError(path, stats);
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return stats.isDirectory() ? 'a directory' : 'a device';
}
