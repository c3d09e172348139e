/** Temporary directories, below the directory that TMPDIR names: every one that is made is made here. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemProblem } from '../system-problem.ts';
import { findDirectoryProblem } from './directory-trust.ts';

/**
 * Makes a directory with a name of its own that only this user may read, and that no other user can put another one in
 * the place of.
 *
 * @param prefix of its name, `meseta-`.
 * @returns its absolute path.
 * @throws {TemporaryDirectoryError} when the temporary directory of the system cannot be used, or must not be trusted.
 */
export async function makeTemporaryDirectory(prefix: string): Promise<string> {
  const parent = resolve(tmpdir());
  try {
    // Before anything is made: what is refused leaves nothing behind. Of an entry, as /tmp itself is open to all.
    trust(parent, join(parent, prefix));
    const directory = await mkdtemp(join(parent, prefix));
    trust(parent, directory);
    return directory;
  } catch (error) {
    if (error instanceof TemporaryDirectoryError) throw error;
    const advice = 'set TMPDIR to a directory that exists, is not full, and that this user may write to';
    const problem = systemProblem(error as NodeJS.ErrnoException);
    throw new TemporaryDirectoryError(`Cannot make a temporary directory in '${parent}': ${problem}; ${advice}`, {
      cause: error,
    });
  }
}

function trust(parent: string, directory: string): void {
  const problem = findDirectoryProblem(directory);
  if (problem === undefined) return;
  throw new TemporaryDirectoryError(`Cannot make a temporary directory in '${parent}' (see TMPDIR): ${problem}`);
}

/** The temporary directory of the system is missing, full, not writable for this user, or open to what others do. */
export class TemporaryDirectoryError extends Error {
  override readonly name = 'TemporaryDirectoryError';
  readonly code = 'TEMPORARY_DIRECTORY';
}
