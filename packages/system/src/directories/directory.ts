import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemProblem } from '../system-problem.ts';
import { findDirectoryProblem } from './directory-trust.ts';

/** A daemon cannot use a directory, or must not trust it. The message names the flag, the directory and what to do. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly code = 'DIRECTORY_UNUSABLE';
}

/** The requirements for a directory of a daemon. */
export interface DirectoryUse {
  /** The flag's name for error messages, `--work_dir`. */
  readonly flag: string;
  /** The path, relative to the current directory unless it is absolute. */
  readonly path: string;
  /** The mode of a directory that is created. Default 0o700; its parents get 0o755. */
  readonly mode?: number;
  /** Removes permissions beyond `mode` from an existing directory, which an older version may have created. */
  readonly closes?: boolean;
}

/**
 * Creates a directory if it is missing, and checks that no other user created it, can create files in it, or can
 * replace it: with a file in it, another user could make a daemon run, signal or send what that user wants.
 * Synchronous, for use during start-up.
 *
 * @returns its absolute path.
 * @throws {DirectoryError}
 */
export function takeDirectory({ flag, path, mode = 0o700, closes = false }: DirectoryUse): string {
  const directory = resolve(path);
  const named = `${flag} '${directory}'`;
  return attempt(`Cannot use ${named}`, () => {
    // Checked before anything is created, so that a refusal leaves nothing behind.
    const before = findDirectoryProblem(directory);
    if (before !== undefined) throw new DirectoryError(`Cannot use ${named}: ${before}`);
    makeDirectory(directory, mode);
    const problem = findDirectoryProblem(directory);
    if (problem !== undefined) throw new DirectoryError(`Cannot use ${named}: ${problem}`);
    if (closes && (statSync(directory).mode & 0o777 & ~mode) !== 0) chmodSync(directory, mode);
    return directory;
  });
}

/** Creates one level after another: a recursive mkdir never ends below /proc. */
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
  chmodSync(directory, mode); // the umask does not apply
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof DirectoryError) throw cause;
    throw new DirectoryError(`${what}: ${directoryProblem(cause as NodeJS.ErrnoException)}`, { cause });
  }
}

/** Describes why nothing can be written to a directory, and what to do about a file system that takes nothing. */
export function directoryProblem(error: NodeJS.ErrnoException): string {
  const { code = '', path } = error;
  const reason = `${reasons[code] ?? systemProblem(error)}${path ? ` ('${path}')` : ''}`;
  return helps[code] === undefined ? reason : `${reason}; ${helps[code]}`;
}

/** Messages for errors whose system message would mislead. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'nothing can be made there',
  ELOOP: 'its links lead in a circle',
};

const room = 'make room for files on its file system, or give another directory';

/** What to do about errors that a mode or an owner does not cause. */
const helps: Readonly<Record<string, string>> = {
  ENOSPC: room,
  EDQUOT: room,
  EROFS: 'make its file system writable, or give another directory',
};
