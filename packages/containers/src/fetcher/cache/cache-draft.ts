import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { formatBytes } from '../../format-bytes.ts';
import { NotCachedError } from '../not-cached.ts';
import type { Known } from '../sources.ts';
import { reasonOf } from '../uri-failure.ts';
import type { CacheFiles, Place } from './cache-files.ts';
import type { CacheEntry, CacheTable } from './cache-table.ts';

/** What a draft needs of its cache. */
export interface DraftOptions {
  readonly table: CacheTable;
  readonly files: CacheFiles;
  readonly place: Place;
  /** Reports a problem of the cache's disk. */
  readonly onWarning: (message: string) => void;
}

/**
 * A file of the cache while it is downloaded. Its size is reserved before the first byte when it is known, and grows
 * with the file when it is not. It ends by `close` and `complete`, or by `discard`.
 */
export class CacheDraft {
  readonly #options: DraftOptions;
  #file: FileHandle | undefined;
  #reserved = 0;
  #written = 0;
  #mode: number | undefined;
  /** Why the file is not cached, though its source may have it. */
  problem: NotCachedError | undefined;

  constructor(options: DraftOptions) {
    this.#options = options;
  }

  /** Writes contents. @throws {NotCachedError} when the cache has no room, or its disk fails. */
  async receive(body: Readable, { bytes = 0, mode }: Known): Promise<void> {
    this.#mode = mode;
    const file = await this.#attempt(async () => {
      await this.#reserve(bytes);
      this.#file = await this.#options.files.create(this.#options.place);
      return this.#file;
    });
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await this.#attempt(async () => {
        await this.#reserve(this.#written + chunk.length);
        await file.appendFile(chunk);
      });
      this.#written += chunk.length;
    }
  }

  /** Ends the writing. @throws {NotCachedError} */
  close(): Promise<void> {
    return this.#attempt(() => this.#close());
  }

  /** Adds the closed file to the cache. */
  complete(key: string): CacheEntry {
    const { table, place } = this.#options;
    table.release(this.#reserved - this.#written);
    const entry = { ...place, key, bytes: this.#written, mode: this.#mode };
    table.add(entry);
    return entry;
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    const { table, files, place, onWarning } = this.#options;
    try {
      if (this.#file === undefined) return;
      await this.#close();
      await files.remove(place);
    } catch (error) {
      onWarning(`A part of a download stays in the fetcher's cache: ${reasonOf(error)}`);
    } finally {
      table.release(this.#reserved);
    }
  }

  async #close(): Promise<void> {
    await this.#file?.close();
  }

  /** Raises the reservation to a number of bytes. The files of entries that give way are removed before more is written. */
  async #reserve(bytes: number): Promise<void> {
    const { table, files } = this.#options;
    const more = Math.max(0, bytes - this.#reserved);
    if (more === 0 && this.#file !== undefined) return;
    const leaving = table.reserve(more);
    if (leaving === undefined) {
      const [needs, total] = [formatBytes(bytes), formatBytes(table.totalBytes)];
      throw new NotCachedError(`no room for ${needs} beside what is in use, of --fetcher_cache_size=${total}`);
    }
    this.#reserved += more;
    for (const entry of leaving) await files.remove(entry);
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      this.problem = cause instanceof NotCachedError ? cause : this.#diskProblem(cause);
      throw this.problem;
    }
  }

  #diskProblem(cause: unknown): NotCachedError {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOSPC' ? 'its disk is full (ENOSPC)' : reasonOf(cause);
    this.#options.onWarning(
      `The fetcher's cache cannot be written: ${reason}; containers fetch their files without it`,
    );
    return new NotCachedError(`the agent's cache cannot be written: ${reason}`);
  }
}
