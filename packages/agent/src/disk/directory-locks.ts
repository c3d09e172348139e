import { closeSync, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DirectoryError } from '@meseta/system';
import { assertRegularFile } from '@meseta/system/regular-file';
import { systemProblem } from '@meseta/system/system-problem';

/** Another process works in a directory that an agent needs for itself. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';
  readonly code = 'DIRECTORY_IN_USE';
}

/**
 * Keeps directories to one agent: two on the same `--work_dir` would take each other's checkpoints, two on the same
 * `--runtime_dir` would end each other's containers, and an agent that starts empties its `--fetcher_cache_dir`.
 *
 * A lock is that of an SQLite database which is never written to: the system frees it with the process, however that
 * ends, a full disk does not matter, and nothing an agent starts inherits it.
 */
export class DirectoryLocks {
  readonly #locks: DatabaseSync[] = [];
  /** The flags whose directories are locked, by directory. */
  readonly #flags = new Map<string, string>();

  /**
   * Locks a directory until `release`.
   *
   * @param flag that names the directory.
   * @throws {DirectoryInUseError} when another agent has it, of this process or another.
   * @throws {DirectoryError} {NotRegularFileError} when the file of the lock cannot be made or used.
   */
  take(flag: string, directory: string): void {
    const file = join(directory, 'agent.lock');
    assertRegularFile(file);
    const place = realpathSync(directory);
    const other = this.#flags.get(place);
    if (other !== undefined) {
      const message = `--${other} and --${flag} name the same directory, '${directory}': give each a directory of its own`;
      throw new DirectoryInUseError(message);
    }
    this.#flags.set(place, flag);
    try {
      closeSync(openSync(file, 'a', 0o600)); // SQLite would let others read it
      const lock = new DatabaseSync(file);
      this.#locks.push(lock);
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'); // a journal on the disk would need room
    } catch (cause) {
      const locked = (cause as { errcode?: number }).errcode === 5; // SQLITE_BUSY
      if (!locked) {
        const problem = systemProblem(cause as NodeJS.ErrnoException);
        throw new DirectoryError(
          `Cannot lock '${file}': ${problem}; see that there is room on its file system, and that it can be written`,
          {
            cause,
          },
        );
      }
      const message = `Another agent runs in '${directory}': give each agent a --${flag} of its own`;
      throw new DirectoryInUseError(message, { cause });
    }
  }

  /** Frees all directories. */
  release(): void {
    for (const lock of this.#locks.splice(0)) lock.close();
    this.#flags.clear();
  }
}
