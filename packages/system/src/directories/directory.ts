import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemProblem } from '../system-problem.ts';
import { findDirectoryProblem } from './directory-trust.ts';

/** A directory that a daemon cannot use, or must not trust. The message names the flag, the directory and what to do. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly code = 'DIRECTORY_UNUSABLE';
}

/** What is wanted of a directory that a daemon keeps its files in. */
export interface DirectoryUse {
  /** How errors call it, `--work_dir`. */
  readonly flag: string;
  /** Relative ones are below the current directory. */
  readonly path: string;
  /** Of a directory that is made. Default 0o700; its parents get 0o755. */
  readonly mode?: number;
  /** Takes rights beyond `mode` away from a directory that is there, as an older version may have made it. */
  readonly closes?: boolean;
}

/**
 * Makes a directory if need be, and makes sure that nobody else put it there, can put things into it, or can put another
 * one in its place: a file that another user planted in it could make a daemon run, signal or send what that user wants.
 * Synchronous: for start-up.
 *
 * @returns its absolute path.
 * @throws {DirectoryError}
 */
export function takeDirectory({ flag, path, mode = 0o700, closes = false }: DirectoryUse): string {
  const directory = resolve(path);
  const named = `${flag} '${directory}'`;
  return attempt(`Cannot use ${named}`, () => {
    // Before anything is made: what is refused leaves nothing behind.
    const before = findDirectoryProblem(directory);
    if (before !== undefined) throw new DirectoryError(`Cannot use ${named}: ${before}`);
    makeDirectory(directory, mode);
    const problem = findDirectoryProblem(directory);
    if (problem !== undefined) throw new DirectoryError(`Cannot use ${named}: ${problem}`);
    if (closes && (statSync(directory).mode & 0o777 & ~mode) !== 0) chmodSync(directory, mode);
    return directory;
  });
}

/** One level after the other: all at once never ends below /proc. */
function makeDirectory(directory: string, mode: number): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(directory);
    if (code !== 'ENOENT' || parent === directory || exists(parent)) throw error;
    makeDirectory(parent, 0o755);
    mkdirSync(directory);
  }
  chmodSync(directory, mode); // whatever the umask is
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof DirectoryError) throw cause;
    const { code, path } = cause as NodeJS.ErrnoException;
    throw new DirectoryError(
      `${what}: ${reasons[code ?? ''] ?? systemProblem(cause as Error)}${path ? ` ('${path}')` : ''}`,
      {
        cause,
      },
    );
  }
}

/** Where the system's own words would mislead. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'nothing can be made there',
  ELOOP: 'its links lead in a circle',
};
