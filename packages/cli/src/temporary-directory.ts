/** Temporary directories of a command, below the directory that TMPDIR names. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemProblem } from '@meseta/process/system-problem';

/**
 * Makes a directory with a name of its own that only this user may read.
 *
 * @param prefix of its name, `meseta-`.
 * @throws {TemporaryDirectoryError} when the temporary directory of the system cannot be used.
 */
export async function makeTemporaryDirectory(prefix: string): Promise<string> {
  const parent = tmpdir();
  try {
    return await mkdtemp(path.join(parent, prefix));
  } catch (error) {
    throw new TemporaryDirectoryError(parent, error as NodeJS.ErrnoException);
  }
}

/** The temporary directory of the system is missing, full, or not writable for this user. */
export class TemporaryDirectoryError extends Error {
  override readonly name = 'TemporaryDirectoryError';
  readonly code = 'TEMPORARY_DIRECTORY';

  constructor(parent: string, cause: NodeJS.ErrnoException) {
    const advice = 'set TMPDIR to a directory that exists, is not full, and that this user may write to';
    super(`Cannot make a temporary directory in '${parent}': ${systemProblem(cause)}; ${advice}`, { cause });
  }
}
