import { resolve } from 'node:path';
import type { CommandInfoURI } from '@meseta/protocol';
import type { ContainerKey } from '../container-id.ts';
import { LaunchError } from '../errors.ts';
import { switchUser } from '../switch-user.ts';
import { type CacheOptions, FetchCache } from './cache/fetch-cache.ts';
import { Directory } from './directory.ts';
import { FetchError } from './fetch-error.ts';
import { planItem } from './plan.ts';
import { fetchIntoSandbox, noteInSandbox, type OpenDirectory, type Wanted } from './sandbox-fetch.ts';
import { type SourceOptions, Sources } from './sources.ts';
import { UriFailure } from './uri-failure.ts';

/** The settings of a fetcher. */
export interface FetcherOptions extends SourceOptions {
  /** The directory that relative paths are resolved in; without it they cannot be fetched. */
  readonly frameworksHome?: string;
  /** The time until the first report of progress in a sandbox's stderr. Default: 10 seconds. */
  readonly progressMs?: number;
  /** Without it, `cache` of a URI has no effect. */
  readonly cache?: FetcherCacheOptions;
}

/** The settings of the fetcher's cache. */
export type FetcherCacheOptions = Omit<CacheOptions, 'sources'>;

/** The files to fetch into a container's sandbox. */
export interface FetchRequest {
  readonly uris: readonly CommandInfoURI[];
  /** The directory of the sandbox. */
  readonly sandbox: string;
  /** Opens it, for a nested container. Default: by its path. */
  readonly open?: OpenDirectory;
  /** The owner of the files, and the user who reads local ones; undefined for this process's user. */
  readonly user?: string;
}

/** A fetch under way. */
interface Fetch {
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/**
 * Fetches the files that a command names into its container's sandbox, before the container's program runs.
 *
 * @see Mesos src/slave/containerizer/fetcher.cpp
 */
export class Fetcher {
  readonly #frameworksHome: string | undefined;
  readonly #progressMs: number | undefined;
  readonly #sources: Sources;
  readonly #cache: FetchCache | undefined;
  readonly #fetches = new Map<ContainerKey, Fetch>();
  #closed: Promise<void> | undefined;

  constructor({ frameworksHome, progressMs, cache, ...options }: FetcherOptions) {
    this.#progressMs = progressMs;
    this.#frameworksHome = frameworksHome && resolve(frameworksHome);
    this.#sources = new Sources(options);
    this.#cache = cache && new FetchCache({ ...cache, sources: this.#sources });
  }

  /** Bytes of the files in the cache, and those reserved for downloads into it. */
  get cacheUsedBytes(): number {
    return this.#cache?.usedBytes ?? 0;
  }

  /**
   * Fetches all URIs. The reason why a URI was not fetched is in the sandbox's stderr and in the cause of the error.
   *
   * @throws {LaunchError} `FETCH`, `USER`, or `DESTROYED` after a `cancel`. Some of the files may be present.
   */
  async fetch(id: ContainerKey, request: FetchRequest): Promise<void> {
    if (request.uris.length === 0) return;
    const controller = new AbortController();
    const done = this.#run(id, request, controller.signal);
    this.#fetches.set(id, { controller, done });
    try {
      await done;
    } finally {
      this.#fetches.delete(id);
    }
  }

  /** Aborts a container's fetch, if there is one. */
  cancel(id: ContainerKey): void {
    const reason = new LaunchError('DESTROYED', `Container ${id} was destroyed while its URIs were fetched`);
    this.#fetches.get(id)?.controller.abort(reason);
  }

  /** Fails every fetch under way. Idempotent: containerizers share it. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const fetches = [...this.#fetches.values()];
    for (const { controller } of fetches) {
      controller.abort(new LaunchError('FETCH', 'The agent was stopped while URIs were fetched'));
    }
    await Promise.allSettled(fetches.map(({ done }) => done));
    await this.#cache?.close();
    await this.#sources.close();
  }

  async #run(id: ContainerKey, request: FetchRequest, signal: AbortSignal): Promise<void> {
    const { uris, sandbox, user, open = owner => Directory.open(sandbox, owner) } = request;
    const plans = uris.map(uri => this.#plan(uri));
    const refused = plans.filter(plan => plan instanceof UriFailure);
    if (refused[0] !== undefined) {
      await noteInSandbox(open, refused);
      if (signal.aborted) throw signal.reason;
      throw new LaunchError('FETCH', `Could not fetch ${refused[0].inShort}`, { cause: refused[0] });
    }
    const wanted = plans.flatMap(plan => (plan instanceof UriFailure ? [] : [plan]));
    const owner = user === undefined ? undefined : await switchUser(user);
    try {
      const into = {
        sandbox,
        open,
        user: owner,
        sources: this.#sources,
        cache: this.#cache,
        progressMs: this.#progressMs,
      };
      await fetchIntoSandbox(wanted, { ...into, signal });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      // The message of Mesos, whose fetcher is a process. People and programs search for it.
      const message = `Failed to fetch all URIs for container '${id}': exited with status 1`;
      throw new LaunchError('FETCH', message, { cause });
    }
  }

  #plan(uri: CommandInfoURI): Wanted | UriFailure {
    try {
      return { uri: uri.value, item: planItem(uri, this.#frameworksHome) };
    } catch (cause) {
      if (!(cause instanceof FetchError)) throw cause;
      return new UriFailure(uri.value, cause);
    }
  }
}
