import type { FileHandle } from 'node:fs/promises';
import { formatBytes } from '../../format-bytes.ts';
import { NotCachedError } from '../not-cached.ts';
import { BatchWriter, type Known, type Sink } from '../sink.ts';
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
export class CacheDraft implements Sink {
  readonly #options: DraftOptions;
  #file: FileHandle | undefined;
  #reserved = 0;
  #written = 0;
  #mode: number | undefined;
  #sizeIsKnown = false;
  #writer: BatchWriter | undefined;
  /** Why the file is not cached, though its source may have it. */
  problem: NotCachedError | undefined;

  constructor(options: DraftOptions) {
    this.#options = options;
  }

  /** Makes room and the file. @throws {NotCachedError} when the cache has no space left, or its disk fails. */
  begin({ bytes, mode }: Known): Promise<void> {
    this.#mode = mode;
    this.#sizeIsKnown = bytes !== undefined;
    return this.#attempt(async () => {
      await this.#remove(this.#reserve(bytes ?? 0));
      this.#file = await this.#options.files.create(this.#options.place);
      this.#writer = new BatchWriter(this.#file);
    });
  }

  /** Writes a part. @throws {NotCachedError} when the cache has no space left, or its disk fails. */
  take(part: Buffer): Promise<void> | undefined {
    try {
      const leaving = this.#reserve(this.#written + part.length);
      this.#written += part.length;
      if (leaving.length > 0) return this.#attempt(() => this.#remove(leaving).then(() => this.#writer?.take(part)));
      const full = this.#writer?.take(part);
      return full && this.#attempt(() => full);
    } catch (error) {
      return this.#attempt(() => Promise.reject(error));
    }
  }

  /** Writes a part at once. @throws {NotCachedError} when the cache has no space left, or its disk fails. */
  write(part: Buffer): Promise<void> {
    return this.#attempt(async () => {
      const leaving = this.#reserve(this.#written + part.length);
      this.#written += part.length;
      await this.#remove(leaving);
      await this.#writer?.write(part);
    });
  }

  /** Ends the writing. @throws {NotCachedError} */
  close(): Promise<void> {
    return this.#attempt(async () => {
      await this.#writer?.end();
      await this.#close();
    });
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
    const { table, files, place } = this.#options;
    if (this.#file !== undefined) {
      await this.#close().catch(() => undefined); // what was not written is of no use
      await files.remove(place);
    }
    table.release(this.#reserved);
  }

  async #close(): Promise<void> {
    await this.#file?.close();
  }

  /** Raises the reservation to a number of bytes. @returns the entries that give way: their files go before more is written. */
  #reserve(bytes: number): readonly CacheEntry[] {
    const { table } = this.#options;
    const more = Math.max(0, bytes - this.#reserved);
    if (more === 0 && this.#file !== undefined) return [];
    // It may never end: then it would have taken the place of all others for nothing.
    const mayDisplace = this.#sizeIsKnown || bytes <= table.totalBytes / 2;
    const leaving = table.reserve(more, mayDisplace);
    if (leaving === undefined) {
      const [needs, total] = [formatBytes(bytes), formatBytes(table.totalBytes)];
      const why = mayDisplace ? 'what is in use' : 'other files, as its server does not say how large it is';
      throw new NotCachedError(`no room for ${needs} beside ${why}, of --fetcher_cache_size=${total}`);
    }
    this.#reserved += more;
    return leaving;
  }

  async #remove(entries: readonly CacheEntry[]): Promise<void> {
    for (const entry of entries) await this.#options.files.remove(entry);
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
