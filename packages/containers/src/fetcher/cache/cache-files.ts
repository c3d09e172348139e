import type { FileHandle } from 'node:fs/promises';
import { RepeatedRemovals } from '@meseta/system';
import { Directory } from '../directory.ts';
import { reasonOf } from '../uri-failure.ts';
import type { CacheEntry } from './cache-table.ts';

const userDirectory = /^user-\d+$/;
/** The tasks' users get open files of the cache, and tools open those anew: its directories keep others out. */
const readable = 0o644;

/** Where the file of an entry is. */
export type Place = Pick<CacheEntry, 'directory' | 'name'>;

/**
 * The files of the cache, in a directory for each user. All of them belong to the agent, and only it can enter the
 * directories. They are found from the open directory: when it is removed, no other one takes its place.
 */
export class CacheFiles {
  readonly #root: Directory;
  /** Of files, by their paths below the root. No file gets the name of another one. */
  readonly #removals: RepeatedRemovals<`${string}/${string}`>;

  private constructor(root: Directory, onWarning: (message: string) => void) {
    this.#root = root;
    this.#removals = new RepeatedRemovals({
      remove: path => this.#remove(path),
      onRefused: (path, error) =>
        onWarning(
          `Cannot remove ${path} from the fetcher's cache, which is tried again until it is done: ${reasonOf(error)}`,
        ),
    });
  }

  /**
   * Opens a directory that is the agent's alone, and empties it: an earlier agent may have been killed while it wrote.
   * Only the directories of users are removed, in case that the directory is not meant for a cache.
   *
   * @param onWarning reports a problem of the cache's disk.
   */
  static async open(path: string, onWarning: (message: string) => void): Promise<CacheFiles> {
    const root = await Directory.open(path, undefined);
    try {
      for (const name of await root.names()) if (userDirectory.test(name)) await root.removeTree(name);
      return new CacheFiles(root, onWarning);
    } catch (error) {
      await root.close();
      throw error;
    }
  }

  /** Creates a file. @throws errors of fs. */
  create(place: Place): Promise<FileHandle> {
    return this.#in(place, true, async directory => {
      const file = await directory.create(place.name);
      await file.chmod(readable);
      return file;
    });
  }

  /** Opens an entry's file. @returns undefined when it is missing or was changed by another process. */
  async read(entry: CacheEntry): Promise<FileHandle | undefined> {
    const file = await this.#in(entry, false, directory => directory.openFile(entry.name)).catch(unlessMissing);
    if (file === undefined) return undefined;
    const { size } = await file.stat();
    if (size === entry.bytes) return file;
    await file.close();
    return undefined;
  }

  /** Removes a file, if it is there. Never rejects. */
  remove({ directory, name }: Place): Promise<void> {
    return this.#removals.remove(`${directory}/${name}`);
  }

  close(): Promise<void> {
    this.#removals.close();
    return this.#root.close();
  }

  async #remove(path: string): Promise<void> {
    const [directory = '', name = ''] = path.split('/');
    await this.#in({ directory, name }, false, opened => opened.removeFile(name)).catch(unlessMissing);
  }

  async #in<T>(place: Place, create: boolean, work: (directory: Directory) => Promise<T>): Promise<T> {
    const directory = await this.#root.enter(place.directory, { create });
    try {
      if (create) await directory.open();
      return await work(directory);
    } finally {
      await directory.close();
    }
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
