/** Creates all temporary directories, below the directory that TMPDIR names. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemProblem } from '../system-problem.ts';
import { type BeforeRemoval, makerPart, removeAbandoned, thisProcess } from './abandoned-directories.ts';
import { findDirectoryProblem } from './directory-trust.ts';

/**
 * Creates a directory with a unique name that only this user may read, and that no other user can replace. Removes those
 * that killed processes of this user left, in the background.
 *
 * @param prefix of its name, `meseta-` or `meseta-stdin-`.
 * @param beforeRemoval is called with each directory that a killed process left, before it is removed.
 * @returns its absolute path.
 * @throws {TemporaryDirectoryError} when the system's temporary directory cannot be used or must not be trusted.
 */
export async function makeTemporaryDirectory(prefix: string, beforeRemoval?: BeforeRemoval): Promise<string> {
  const parent = resolve(tmpdir());
  try {
    // Checked before anything is created, so that a refusal leaves nothing behind. The check is that of an entry,
    // because /tmp itself is open to all users.
    trust(parent, join(parent, prefix));
    const maker = await thisProcess();
    if (maker) await removeAbandoned(parent, maker, beforeRemoval);
    const directory = await mkdtemp(join(parent, prefix + (maker ? makerPart(maker) : '')));
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

/** The system's temporary directory is missing, full, not writable for this user, or not safe from other users. */
export class TemporaryDirectoryError extends Error {
  override readonly name = 'TemporaryDirectoryError';
  readonly code = 'TEMPORARY_DIRECTORY';
}
