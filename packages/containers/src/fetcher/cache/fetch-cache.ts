import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { User } from '@meseta/system';
import { SharedWork } from '../../shared-work.ts';
import { NotCachedError } from '../not-cached.ts';
import type { Source } from '../plan.ts';
import type { Transfer } from '../sink.ts';
import type { Sources } from '../sources.ts';
import { reasonOf } from '../uri-failure.ts';
import { CacheDraft } from './cache-draft.ts';
import type { CacheFiles } from './cache-files.ts';
import { type CacheEntry, CacheTable } from './cache-table.ts';

/** How often a file is downloaded that is gone again before it is used. */
const maximumTries = 3;

/** The settings and parts of a cache. */
export interface CacheOptions {
  /** The cache closes them. */
  readonly files: CacheFiles;
  /** The most that the files have together. 0: nothing is cached. */
  readonly totalBytes: number;
  readonly sources: Sources;
  /** Reports a problem of the cache's disk. */
  readonly onWarning: (message: string) => void;
}

/** A file to take from the cache. */
export interface CacheRequest {
  /** As the framework wrote it. Together with the user, it is what the file is found by. */
  readonly uri: string;
  readonly source: Source;
  /** The user to download as, who alone gets the file; undefined for this process's user. */
  readonly user: User | undefined;
  /** Stops waiting. */
  readonly signal: AbortSignal;
  /** Called when a download that began for another request is waited for. */
  readonly onWait: () => void;
  /** Called with a sentence when the download that began for this request broke off and goes on. */
  readonly onResume: (what: string) => void;
}

/** A file of the cache. It stays there until `release`. */
export interface CachedFile {
  readonly file: FileHandle;
  /** The permissions of the local file that it is a copy of. */
  readonly mode: number | undefined;
  /** It was not in the cache when it was asked for. */
  readonly downloaded: boolean;
  readonly release: () => Promise<void>;
}

/**
 * Keeps files that containers fetch with `cache`, for each user and URI. Those who ask for the same file at the same
 * time wait for one download, which goes on while one of them wants it. Contents are never asked for again while they
 * are in the cache, whatever the server has meanwhile.
 *
 * @see Mesos src/slave/containerizer/fetcher.cpp, FetcherProcess::Cache
 */
export class FetchCache {
  readonly #options: CacheOptions;
  readonly #table: CacheTable;
  readonly #downloads = new SharedWork<CacheEntry>(() => new Error('No container waits for the file any more'));
  readonly #transfers = new Map<string, Transfer>();
  #names = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#table = new CacheTable(options.totalBytes);
  }

  /** Bytes of the files, and those reserved for downloads. */
  get usedBytes(): number {
    return this.#table.usedBytes;
  }

  /**
   * Returns a file, and downloads it first when it is missing.
   *
   * @throws {NotCachedError} when the cache cannot have it: the container has to fetch it for itself.
   * @throws {FetchError} and others, when the file could not be downloaded, to all who waited for it.
   */
  async take(request: CacheRequest): Promise<CachedFile> {
    if (this.#options.totalBytes === 0) throw new NotCachedError('--fetcher_cache_size is 0');
    const key = keyOf(request);
    for (let tries = 0; tries < maximumTries; tries++) {
      request.signal.throwIfAborted();
      const known = this.#table.get(key);
      const entry = known ?? (await this.#share(key, request));
      const file = await this.#use(entry);
      if (file === undefined) continue;
      const release = async () => {
        this.#table.unuse(entry);
        await file.close();
      };
      return { file, mode: entry.mode, downloaded: known === undefined, release };
    }
    throw new NotCachedError('the files of the cache disappear');
  }

  /** Returns how far the download of a file has come; undefined when there is none. */
  transferOf(file: Pick<CacheRequest, 'uri' | 'user'>): Transfer | undefined {
    return this.#transfers.get(keyOf(file));
  }

  /** Closes the directory. Nothing may be in use. The files stay until the next agent removes them. */
  close(): Promise<void> {
    return this.#options.files.close();
  }

  #share(key: string, request: CacheRequest): Promise<CacheEntry> {
    const waits = this.#downloads.isRunning(key);
    const entry = this.#downloads.run(key, signal => this.#download(key, { ...request, signal }), request.signal);
    if (waits) request.onWait();
    return entry;
  }

  async #download(key: string, { uri, source, user, signal, onResume }: CacheRequest): Promise<CacheEntry> {
    const place = { directory: `user-${user?.uid ?? process.geteuid?.()}`, name: fileName(++this.#names, uri) };
    const { files, sources, onWarning } = this.#options;
    const draft = new CacheDraft({ table: this.#table, files, place, onWarning });
    const transfer: Transfer = { bytes: 0, total: undefined };
    this.#transfers.set(key, transfer);
    try {
      await sources.read(source, draft, { tool: { directory: '/', user, signal }, transfer, onResume });
      await draft.close();
      signal.throwIfAborted(); // no task waits: another download of the file may have begun
      return draft.complete(key);
    } catch (error) {
      await draft.discard();
      throw draft.problem ?? error;
    } finally {
      if (this.#transfers.get(key) === transfer) this.#transfers.delete(key);
    }
  }

  /** @returns undefined when the entry is gone. */
  async #use(entry: CacheEntry): Promise<FileHandle | undefined> {
    if (!this.#table.use(entry)) return undefined;
    try {
      const file = await this.#options.files.read(entry);
      if (file !== undefined) return file;
    } catch (error) {
      this.#table.unuse(entry);
      throw new NotCachedError(`the agent's cache cannot be read: ${reasonOf(error)}`);
    }
    this.#table.unuse(entry);
    this.#table.remove(entry);
    await this.#options.files.remove(entry);
    return undefined;
  }
}

/** Users are the same when they have the same rights. A URI can be long, and hold a password. */
function keyOf({ uri, user }: Pick<CacheRequest, 'uri' | 'user'>): string {
  const ids = user === undefined ? [] : [user.uid, user.gid, ...user.groups];
  return createHash('sha256').update(`${ids.join()} ${uri}`).digest('base64url');
}

/** Returns a name that shows people which URI the file is of. No part of it leads elsewhere. */
function fileName(number: number, uri: string): string {
  const end = uri.replace(/[?#].*$/s, '').slice(-20);
  return `c${number}-${end.slice(end.lastIndexOf('/') + 1).replace(/[^A-Za-z0-9._-]/g, '_')}`;
}
