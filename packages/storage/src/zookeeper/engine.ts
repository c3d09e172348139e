/** Makes a store in ZooKeeper. */
import { hostname } from 'node:os';
import { StorageError } from '../errors.ts';
import { openingTerms } from '../open-terms.ts';
import type { StorageEngine, StorageLimits, Variable } from '../storage.ts';
import { formatZooKeeperAddress, type ZooKeeperAddress } from './address.ts';
import { ZooKeeperError } from './errors.ts';
import { followStore } from './store/follow.ts';
import type { RevisionFile } from './store/known-revision.ts';
import { layoutOf } from './store/layout.ts';
import { Nodes } from './store/nodes.ts';
import { openStore, readStore } from './store/open.ts';
import { type TermLimits, ZooKeeperTerm } from './store/term.ts';

/** Options of a store in ZooKeeper. */
export interface ZooKeeperStoreOptions {
  /** The ensemble, the credentials, and the node that holds the store. */
  readonly address: ZooKeeperAddress;
  /** How long a session lives without contact, milliseconds. */
  readonly sessionTimeoutMs: number;
  /** How long opening may take, milliseconds. */
  readonly openTimeoutMs: number;
  /** How long a commit or a read may take, milliseconds; then the term ends. */
  readonly commitTimeoutMs: number;
  /** Whether a store is made where there is none. Default: yes. */
  readonly initialize?: boolean;
  /** Reports connections, and each problem once until it is solved. */
  readonly report?: (level: 'info' | 'warning', message: string) => void;
  /** Where it is noted how far the store is written; a store that ends before that is not opened. */
  readonly known?: RevisionFile;
  /** When snapshots are made. For tests. */
  readonly limits?: TermLimits;
}

const limits: StorageLimits = { batchBytes: 100_000_000 };

/**
 * Makes a store in ZooKeeper, which is created when it is first opened. Masters on several machines may open it: the
 * term that was opened last writes, and the others get `STORAGE_FENCED`.
 *
 * Everything is kept in memory while a term is open. Commits that are called while one is on its way are written
 * together with the next one. With credentials in the address, only their user may read the nodes.
 */
export function zooKeeperEngine(options: ZooKeeperStoreOptions): StorageEngine {
  return { limits, openTerm: openingTerms(() => openTerm(options)) };
}

async function openTerm(options: ZooKeeperStoreOptions): Promise<ZooKeeperTerm> {
  const nodes = nodesOf(options);
  const writer = `process ${process.pid} on ${hostname()}`;
  try {
    const { initialize = true, known } = options;
    const opened = await inTime(nodes, options, openStore(nodes, { initialize, writer, ...(known && { known }) }));
    return new ZooKeeperTerm(nodes, opened, {
      limits,
      commitTimeoutMs: options.commitTimeoutMs,
      place: formatZooKeeperAddress(options.address),
      ...(options.limits && { termLimits: options.limits }),
      ...(known && { known }),
    });
  } catch (error) {
    void nodes.close();
    throw storageError(error, 'open', options);
  }
}

/**
 * Reads a store in ZooKeeper without opening a term, so that its writer goes on.
 *
 * @returns all variables as they were at one time; undefined when there is no store.
 * @throws {StorageError} `STORAGE_UNAVAILABLE` when there is no connection within the time; `STORAGE_CORRUPT`,
 *   `STORAGE_INCOMPATIBLE`.
 */
export async function readZooKeeperStore(options: ZooKeeperStoreOptions): Promise<readonly Variable[] | undefined> {
  const nodes = nodesOf(options);
  try {
    return await inTime(nodes, options, readStore(nodes));
  } catch (error) {
    throw storageError(error, 'read', options);
  } finally {
    await nodes.close();
  }
}

/**
 * Notes how far the store is written, also when another process writes it.
 *
 * @param known where it is noted.
 * @returns a function that ends this.
 */
export function followZooKeeperStore(options: ZooKeeperStoreOptions, known: RevisionFile): () => Promise<void> {
  const { report: _, ...silent } = options; // the election reports the same problems
  return followStore(nodesOf(silent), known);
}

function nodesOf({ address, sessionTimeoutMs, report }: ZooKeeperStoreOptions): Nodes {
  return new Nodes({ address, timeoutMs: sessionTimeoutMs, ...(report && { report }) }, layoutOf(address.path));
}

async function inTime<T>(nodes: Nodes, { openTimeoutMs }: ZooKeeperStoreOptions, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const limit = setTimeout(
    () => {
      const problem = nodes.problem && `; no connection to ${nodes.problem}`;
      reject(new StorageError('STORAGE_UNAVAILABLE', `ZooKeeper did not answer within ${openTimeoutMs} ms${problem}`));
    },
    Math.min(openTimeoutMs, 2 ** 31 - 1),
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(limit);
    work.catch(() => undefined); // it ends when the session is closed
  }
}

function storageError(error: unknown, verb: string, { address }: ZooKeeperStoreOptions): unknown {
  const isOurs = error instanceof StorageError && error.code !== 'STORAGE_UNAVAILABLE';
  if (isOurs || !(error instanceof StorageError || error instanceof ZooKeeperError)) return error;
  const message = `Could not ${verb} the store at ${formatZooKeeperAddress(address)}: ${error.message}`;
  return new StorageError('STORAGE_UNAVAILABLE', message, { cause: error });
}
