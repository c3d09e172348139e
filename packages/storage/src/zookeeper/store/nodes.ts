/** Reads and writes nodes of ZooKeeper through breaks of the connection and ends of sessions. */
import { setTimeout as delay } from 'node:timers/promises';
import { deposed, StorageError } from '../../errors.ts';
import { ZooKeeperError, type ZooKeeperErrorCode } from '../errors.ts';
import type { AclEntry, TransactionStep } from '../operations.ts';
import { type SessionOptions, ZooKeeperSession } from '../session.ts';
import type { Layout } from './layout.ts';
import { damaged, decodeFrame, encodeFrame, encodeList, type Kind, pieces } from './records.ts';

const firstPauseMs = 20;
const longestPauseMs = 1000;

/** How many nodes are read or written at once. */
const inFlight = 8;

/** How many nodes are removed at once. */
const removedAtOnce = 100;

/** Only those with the creator's credentials may do anything: information on agents may be private. */
const privateAcl: readonly AclEntry[] = [{ permissions: 31, scheme: 'auth', id: '' }];

/** Larger requests than this may be above the limit of servers whose `jute.maxbuffer` was lowered. */
const largeBytes = 32 * 1024;
/** After so many lost connections at a large request it is found out whether the servers refuse it. */
const mostLargeLosses = 3;

/** After these, an operation may be tried again; whether it was done is unknown. */
const transient: ReadonlySet<string> = new Set<ZooKeeperErrorCode>([
  'ZK_CONNECTION_LOSS',
  'ZK_TIMEOUT',
  'ZK_SESSION_EXPIRED',
  'ZK_BUSY',
]);

/** Tells whether an error of a session has this code. */
export function hasCode(error: unknown, code: ZooKeeperErrorCode): boolean {
  return error instanceof ZooKeeperError && error.code === code;
}

/** The nodes of one store, over one session after another. */
export class Nodes {
  readonly layout: Layout;
  readonly #options: SessionOptions;
  readonly #stop = new AbortController();
  #session: ZooKeeperSession;

  constructor(options: SessionOptions, layout: Layout) {
    this.layout = layout;
    this.#options = options;
    this.#session = new ZooKeeperSession(options);
  }

  /** What keeps the session from its servers, for messages; empty when there is nothing. */
  get problem(): string {
    return this.#session.problem;
  }

  /** The access list of new nodes below the root of the store; undefined for the session's default. */
  get acl(): { readonly acl?: readonly AclEntry[] } {
    return this.#options.address.credentials === undefined ? {} : { acl: privateAcl };
  }

  /**
   * Does something in a session, again after each break until ZooKeeper has answered, and in another session when the
   * session has ended. Everything the work reads in its session is as new as what it has read or written there before.
   *
   * @param work its second parameter tells whether an earlier attempt may have been done.
   * @throws {ZooKeeperError} what ZooKeeper answered, `ZK_CLOSED` after `close`, and `ZK_TOO_LARGE` when the servers close the
   *   connection at each try of a large request, and answer small ones.
   */
  async insist<T>(work: (session: ZooKeeperSession, again: boolean) => Promise<T>): Promise<T> {
    let largeLosses = 0;
    for (let tries = 0; ; tries++) {
      try {
        return await work(this.#live(), tries > 0);
      } catch (error) {
        const bytes = error instanceof ZooKeeperError ? error.requestBytes : 0;
        largeLosses = bytes > largeBytes ? largeLosses + 1 : 0;
        if (largeLosses >= mostLargeLosses) await this.#assertTaken(bytes, error as ZooKeeperError);
        await this.#pauseAfter(error, tries);
      }
    }
  }

  /** Finds out whether it is its size that keeps a request from being answered. @throws {ZooKeeperError} then. */
  async #assertTaken(bytes: number, cause: ZooKeeperError): Promise<void> {
    const answers = await this.#live()
      .exists(this.layout.root)
      .then(
        () => true,
        () => false, // it is not the size
      );
    if (!answers) return;
    throw new ZooKeeperError(
      'ZK_TOO_LARGE',
      `ZooKeeper closes the connection at requests of ${bytes} bytes, and answers small ones: the limit jute.maxbuffer of its ` +
        'servers seems to be lower than that. Leave it at its default, 1048575, or above, on all servers',
      { cause },
    );
  }

  /** Reads in one session: again after a break of its connection, but not after its end. */
  async read<T>(session: ZooKeeperSession, work: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (session.state === 'expired') throw error;
        await this.#pauseAfter(error, tries);
      }
    }
  }

  /** Waits before the next attempt. @throws what cannot be tried again. */
  async #pauseAfter(error: unknown, tries: number): Promise<void> {
    if (!(error instanceof ZooKeeperError) || !transient.has(error.code) || this.#stop.signal.aborted) throw error;
    const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(tries, 10), longestPauseMs);
    // `close` ends the pause; the next attempt finds the session closed.
    await delay(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #live(): ZooKeeperSession {
    if (this.#session.state === 'expired') this.#session = new ZooKeeperSession(this.#options);
    return this.#session;
  }

  /**
   * Does all steps, or none, and only while the term lasts. Without steps it finds out whether the term lasts.
   *
   * @param term the version of the term node.
   * @param steps creations only: an attempt whose outcome is unknown is repeated, and the second finds the node there.
   * @throws {StorageError} `STORAGE_FENCED` when another term has begun.
   */
  async write(term: number, steps: readonly TransactionStep[]): Promise<void> {
    await this.insist(async (session, again) => {
      try {
        await session.transaction([{ type: 'check', path: this.layout.term, version: term }, ...steps]);
      } catch (error) {
        // Only this term can have created the node: names are not used twice, and the check has passed.
        if (again && hasCode(error, 'ZK_NODE_EXISTS')) return;
        throw fencedBy(error, this.layout);
      }
    });
  }

  /** Creates a node whose body may be larger than one node. @param chunkName gives each chunk a name of its own. */
  async create(term: number, path: string, kind: Kind, body: Buffer, chunkName: () => string): Promise<string[]> {
    const chunks = pieces(body);
    if (chunks.length === 1) {
      await this.write(term, [this.#creation(path, encodeFrame(kind, body))]);
      return [];
    }
    const names = await this.createChunks(term, chunks, chunkName);
    await this.write(term, [this.#creation(path, encodeFrame('list', encodeList(names)))]);
    return names;
  }

  /** Creates chunks. They count only when a node names them. */
  async createChunks(term: number, chunks: readonly Buffer[], chunkName: () => string): Promise<string[]> {
    const named = chunks.map(chunk => ({ name: chunkName(), chunk }));
    await inGroups(named, inFlight, ({ name, chunk }) =>
      this.write(term, [this.#creation(`${this.layout.chunks}/${name}`, encodeFrame('chunk', chunk))]),
    );
    return named.map(({ name }) => name);
  }

  #creation(path: string, data: Uint8Array): TransactionStep {
    return { type: 'create', path, data, options: this.acl };
  }

  /** Removes nodes; those that are gone already do not count. */
  async remove(term: number, paths: readonly string[]): Promise<void> {
    for (let start = 0; start < paths.length; start += removedAtOnce) {
      const some = paths.slice(start, start + removedAtOnce);
      const removals = some.map(path => ({ type: 'remove' as const, path }));
      try {
        await this.#removeAll(term, removals);
      } catch (error) {
        if (!hasCode(error, 'ZK_NO_NODE')) throw fencedBy(error, this.layout);
        for (const removal of removals) {
          await this.#removeAll(term, [removal]).catch(cause => {
            if (!hasCode(cause, 'ZK_NO_NODE')) throw fencedBy(cause, this.layout);
          });
        }
      }
    }
  }

  #removeAll(term: number, removals: readonly TransactionStep[]): Promise<unknown> {
    const check = { type: 'check' as const, path: this.layout.term, version: term };
    return this.insist(session => session.transaction([check, ...removals]));
  }

  /** Reads a node, with its chunks. @returns its kind, its whole body, and the names of its chunks. */
  async get(session: ZooKeeperSession, path: string): Promise<{ kind: Kind; body: Buffer; chunks: readonly string[] }> {
    const { data } = await this.read(session, () => session.get(path));
    return { ...decodeFrame(path, data), chunks: [] };
  }

  /** Reads chunks, and joins them. */
  async getChunks(session: ZooKeeperSession, names: readonly string[]): Promise<Buffer> {
    const bodies = await inGroups(names, inFlight, async name => {
      const path = `${this.layout.chunks}/${name}`;
      const { kind, body } = await this.get(session, path);
      if (kind !== 'chunk') throw damaged(path);
      return body;
    });
    return Buffer.concat(bodies);
  }

  /** Ends the session. Operations that run reject. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#session.close();
  }
}

/** Does work for each element, some at a time. */
export async function inGroups<T, R>(all: readonly T[], size: number, work: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < all.length; start += size) {
    results.push(...(await Promise.all(all.slice(start, start + size).map(work))));
  }
  return results;
}

/** Returns the error that ends a term. */
function fencedBy(error: unknown, { root, term }: Layout): unknown {
  if (hasCode(error, 'ZK_BAD_VERSION')) return deposed();
  const words: Partial<Record<string, string>> = {
    ZK_NO_NODE: `Node '${term}' or one beside it was removed`,
    ZK_NODE_EXISTS: `A node below '${root}' was made by another program`,
  };
  const found = error instanceof ZooKeeperError ? words[error.code] : undefined;
  if (found === undefined) return error;
  return new StorageError('STORAGE_FENCED', `${found}; the store refuses to write, restart the daemon`, {
    cause: error,
  });
}
