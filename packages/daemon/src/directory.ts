import { chmodSync, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

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
  /** Takes the rights of others away from a directory that is there, as an older version may have made it. */
  readonly closes?: boolean;
}

/**
 * Makes a directory if need be, and makes sure that nobody else put it there or can put things into it: a file that
 * another user planted in it could make a daemon run, signal or send what that user wants. Synchronous: for start-up.
 *
 * @returns its absolute path.
 * @throws {DirectoryError}
 */
export function takeDirectory({ flag, path, mode = 0o700, closes = false }: DirectoryUse): string {
  const directory = resolve(path);
  const named = `${flag} '${directory}'`;
  const stats = attempt(`Cannot use ${named}`, () => {
    makeDirectory(directory, mode);
    return statsOf(directory, named);
  });
  const problem = problemOf(stats);
  if (problem !== undefined) throw new DirectoryError(`Cannot use ${named}: ${problem}`);
  if (closes && (stats.mode & 0o077) !== 0) {
    attempt(`Cannot take the rights of others to ${named} away`, () => chmodSync(directory, 0o700));
  }
  return directory;
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

function statsOf(directory: string, named: string): Stats {
  const link = lstatSync(directory);
  if (link.isSymbolicLink() && !isOurs(link)) {
    throw new DirectoryError(`Cannot use ${named}: it is a link that the user with id ${link.uid} made. Name another`);
  }
  return statSync(directory);
}

function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function problemOf(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'it is not a directory';
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  if (!isOurs(stats))
    return `it belongs to the user with id ${stats.uid}, who could change what is in it. Name another`;
  const groupWrites = (stats.mode & 0o020) !== 0 && stats.gid !== process.getegid?.();
  if (groupWrites || (stats.mode & 0o002) !== 0) {
    return `others may write to it (mode ${mode}). Name another, or take that right away: chmod go-w`;
  }
  return undefined;
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof DirectoryError) throw cause;
    const { code, path } = cause as NodeJS.ErrnoException;
    throw new DirectoryError(
      `${what}: ${reasons[code ?? ''] ?? (cause as Error).message}${path ? ` ('${path}')` : ''}`,
      {
        cause,
      },
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'nothing can be made there',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
};
