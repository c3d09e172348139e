/** Opens a store in ZooKeeper for a term, or only reads it. */
import { randomUUID } from 'node:crypto';
import { deposed, StorageError } from '../../errors.ts';
import type { Variable } from '../../storage.ts';
import { ZooKeeperError } from '../errors.ts';
import type { NodeData } from '../node-operations.ts';
import type { TransactionStep } from '../operations.ts';
import type { ZooKeeperSession } from '../session.ts';
import type { RevisionFile } from './known-revision.ts';
import { currentOf, garbageOf, type Layout, type Listing, numberName } from './layout.ts';
import { hasCode, inGroups, type Nodes } from './nodes.ts';
import {
  damaged,
  decodeList,
  decodePage,
  decodeRecord,
  decodeSnapshot,
  gapBefore,
  type LogRecord,
  restoreAction,
} from './records.ts';
import { Variables } from './variables.ts';

/** What the root of a store says, so that another program's nodes are not taken for it. */
const purpose = { store: 'meseta', format: 1 } as const;

const recordsAtOnce = 32;
const pagesAtOnce = 8;

/** A store as it was read. */
export interface Contents {
  /** Distinguishes it from another one that was made later at its path. */
  readonly store: string;
  readonly variables: Variables;
  /** The nodes that follow the newest snapshot. */
  readonly log: readonly LogNode[];
  /** The newest snapshot. */
  readonly snapshot: SnapshotNode | undefined;
  /** Paths of nodes that do not count. */
  readonly garbage: readonly string[];
}

/** A record in ZooKeeper, for its removal. */
export interface LogNode {
  readonly path: string;
  readonly chunks: readonly string[];
  readonly bytes: number;
}

/** A snapshot in ZooKeeper, for its removal. */
export interface SnapshotNode {
  readonly path: string;
  readonly chunks: readonly string[];
}

/** A store that is open for a term. */
export interface OpenedStore extends Contents {
  /** The version of the term node. Greater than 0. */
  readonly term: number;
}

/** How a store is opened. */
export interface OpenOptions {
  /** Whether a store is made where there is none. */
  readonly initialize: boolean;
  /** Who opens it: is written to the term node, for operators who look. */
  readonly writer: string;
  /** What this machine knows of the store. */
  readonly known?: RevisionFile;
}

/**
 * Begins a term, in which only the caller writes, and reads everything.
 *
 * @throws {StorageError} `STORAGE_CORRUPT` (also when it ends before what `known` has seen), `STORAGE_INCOMPATIBLE`,
 *   `STORAGE_UNAVAILABLE` when there is none and none is to be made, `STORAGE_FENCED` when another term has begun meanwhile.
 */
export function openStore(nodes: Nodes, options: OpenOptions): Promise<OpenedStore> {
  const { layout } = nodes;
  return nodes.insist(async session => {
    await prepare(nodes, session, options.initialize);
    const opened = Buffer.from(JSON.stringify({ writer: options.writer, opened: new Date().toISOString() }));
    // A repeated attempt opens one more term, which does no harm.
    const { version } = await nodes
      .read(session, () => session.set(layout.term, opened))
      .catch((error: unknown) => Promise.reject(missing(error)));
    // Later reads of this session see all that was written before the change of the term node.
    try {
      const contents = await readContents(nodes, session);
      const read = { store: contents.store, revision: contents.variables.revision };
      options.known?.assertReaches(read);
      options.known?.saw(read);
      return { term: version, ...contents };
    } catch (error) {
      // Nodes go only when a later term has written a snapshot.
      const stat = await nodes.read(session, () => session.exists(layout.term));
      throw stat?.version === version ? missing(error) : deposed();
    }
  });
}

/**
 * Reads everything as it was at one time, also while others write.
 *
 * @returns undefined when there is no store.
 * @throws {StorageError} `STORAGE_CORRUPT`, `STORAGE_INCOMPATIBLE`.
 */
export function readStore(nodes: Nodes): Promise<readonly Variable[] | undefined> {
  const { layout } = nodes;
  const attempts = 20;
  return nodes.insist(async session => {
    await nodes.read(session, () => session.sync(layout.root));
    if ((await nodes.read(session, () => session.exists(layout.root))) === undefined) return undefined;
    checkPurpose(layout, (await nodes.read(session, () => session.get(layout.root))).data);
    for (let left = attempts; ; left--) {
      try {
        return (await readContents(nodes, session)).variables.all();
      } catch (error) {
        // A new snapshot may have replaced what was listed.
        if (left === 0 || !hasCode(error, 'ZK_NO_NODE')) throw missing(error);
      }
    }
  });
}

function missing(error: unknown): unknown {
  if (!(error instanceof ZooKeeperError) || error.code !== 'ZK_NO_NODE') return error;
  return new StorageError('STORAGE_CORRUPT', `A part of the store is missing: ${error.message}; ${restoreAction}`, {
    cause: error,
  });
}

/** Returns what distinguishes a store from others at its path. */
export function storeId({ data, stat }: NodeData): string {
  const { id } = parsePurpose(data);
  return typeof id === 'string' ? id : `created by ${stat.createdBy}`;
}

/** Checks the root of the store, and makes it where there is none. */
async function prepare(nodes: Nodes, session: ZooKeeperSession, initialize: boolean): Promise<void> {
  const { layout } = nodes;
  const exists = (await nodes.read(session, () => session.exists(layout.root))) !== undefined;
  if (!exists) {
    if (!initialize)
      throw new StorageError('STORAGE_UNAVAILABLE', `There is no store at '${layout.root}' in ZooKeeper`);
    await session.createAll(layout.root.slice(0, layout.root.lastIndexOf('/')));
    await session.transaction(creations(nodes)).catch(error => {
      if (!hasCode(error, 'ZK_NODE_EXISTS')) throw error;
    });
  }
  checkPurpose(layout, (await nodes.read(session, () => session.get(layout.root))).data);
}

function creations({ layout: { root, term, log, snapshots, chunks }, acl }: Nodes): TransactionStep[] {
  return [root, term, log, snapshots, chunks].map(path => ({
    type: 'create',
    path,
    data: Buffer.from(path === root ? JSON.stringify({ ...purpose, id: randomUUID() }) : ''),
    options: acl,
  }));
}

function parsePurpose(data: Buffer): Partial<Record<keyof typeof purpose | 'id', unknown>> {
  try {
    return JSON.parse(data.toString()) ?? {};
  } catch {
    return {}; // it is not ours
  }
}

function checkPurpose({ root }: Layout, data: Buffer): void {
  const found = parsePurpose(data);
  if (found.store !== purpose.store) {
    throw new StorageError(
      'STORAGE_INCOMPATIBLE',
      `Node '${root}' of ZooKeeper belongs to another program; give another path with --zk, or remove the node`,
    );
  }
  if (found.format !== purpose.format) {
    throw new StorageError(
      'STORAGE_INCOMPATIBLE',
      `Node '${root}' of ZooKeeper was written by a newer version of Meseta; run that version`,
    );
  }
}

async function readContents(nodes: Nodes, session: ZooKeeperSession): Promise<Contents> {
  const { layout } = nodes;
  const list = (path: string) => nodes.read(session, () => session.children(path));
  const listing: Listing = {
    snapshots: await list(layout.snapshots),
    log: await list(layout.log),
    chunks: await list(layout.chunks),
  };
  const store = storeId(await nodes.read(session, () => session.get(layout.root)));
  const current = currentOf(listing);
  const variables = new Variables();
  const snapshot =
    current.snapshot === undefined ? undefined : await restore(nodes, session, variables, current.snapshot);
  const log: LogNode[] = [];
  for (const { node, record } of await inGroups(current.records, recordsAtOnce, each =>
    readRecord(nodes, session, each),
  )) {
    if (record.firstRevision !== variables.revision + 1)
      throw gapBefore(node.path, variables.revision, record.firstRevision);
    variables.apply(record);
    log.push(node);
  }
  const used = new Set([...(snapshot?.chunks ?? []), ...log.flatMap(({ chunks }) => chunks)]);
  return { store, variables, log, snapshot, garbage: garbageOf(layout, listing, used) };
}

async function restore(
  nodes: Nodes,
  session: ZooKeeperSession,
  variables: Variables,
  revision: number,
): Promise<SnapshotNode> {
  const path = `${nodes.layout.snapshots}/${numberName(revision)}`;
  const { kind, body } = await nodes.get(session, path);
  if (kind !== 'snapshot') throw damaged(path);
  const snapshot = decodeSnapshot(path, body);
  const pages = await inGroups(snapshot.pages, pagesAtOnce, async chunks =>
    decodePage(path, await nodes.getChunks(session, chunks)),
  );
  variables.restore(pages.flat(), snapshot.revision);
  return { path, chunks: snapshot.pages.flat() };
}

async function readRecord(
  nodes: Nodes,
  session: ZooKeeperSession,
  revision: number,
): Promise<{ node: LogNode; record: LogRecord }> {
  const path = `${nodes.layout.log}/${numberName(revision)}`;
  const { kind, body } = await nodes.get(session, path);
  if (kind === 'record') return { node: { path, chunks: [], bytes: body.length }, record: decodeRecord(path, body) };
  if (kind !== 'list') throw damaged(path);
  const chunks = decodeList(path, body);
  const whole = await nodes.getChunks(session, chunks);
  return { node: { path, chunks, bytes: whole.length }, record: decodeRecord(path, whole) };
}
