/** The requests and answers of ZooKeeper as records. @see ZooKeeper zookeeper.jute */
import { answeredError, type ZooKeeperError } from './errors.ts';
import { MalformedRecordError, type RecordReader, type RecordWriter } from './jute.ts';

/** The numbers of the requests that are used here. @see ZooKeeper ZooDefs.OpCode */
export const opcodes = {
  create: 1,
  remove: 2,
  exists: 3,
  get: 4,
  set: 5,
  getAcl: 6,
  sync: 9,
  ping: 11,
  children: 12,
  check: 13,
  multi: 14,
  auth: 100,
  close: -11,
} as const;

/** Who may do what with a node. */
export interface AclEntry {
  /** The sum of 1 read, 2 write, 4 create children, 8 delete children, 16 administer. */
  readonly permissions: number;
  /** `world` with the id `anyone`, `auth` with the id '' for who creates the node, `digest` with `user:hash`. */
  readonly scheme: string;
  readonly id: string;
}

/** Everybody may do everything. */
export const openAcl: readonly AclEntry[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];

/**
 * Everybody may read, only those with the creator's credentials may change: what Mesos gives its nodes when its address
 * has credentials.
 *
 * @see Mesos src/zookeeper/authentication.cpp, EVERYONE_READ_CREATOR_ALL
 */
export const creatorAcl: readonly AclEntry[] = [
  { permissions: 1, scheme: 'world', id: 'anyone' },
  { permissions: 31, scheme: 'auth', id: '' },
];

/** What ZooKeeper knows of a node beside its data. */
export interface NodeStat {
  /** The transaction that created the node. Never used again, so it distinguishes a node from a later one of its name. */
  readonly createdBy: bigint;
  /** The transaction that last changed its data. */
  readonly modifiedBy: bigint;
  /** How often its data was changed. */
  readonly version: number;
  /** The session that an ephemeral node belongs to; 0 for others. */
  readonly owner: bigint;
  readonly children: number;
}

/** How a node is created. */
export interface CreateOptions {
  /** The node is removed with the session. */
  readonly ephemeral?: boolean;
  /** ZooKeeper adds a number of ten digits to the name, each larger than those before. */
  readonly sequential?: boolean;
  /** Default: {@link creatorAcl} when the session has credentials, else {@link openAcl}. */
  readonly acl?: readonly AclEntry[];
}

/** A step of a transaction. `version` is the one the node must have; without it any will do. */
export type TransactionStep =
  | { readonly type: 'create'; readonly path: string; readonly data: Uint8Array; readonly options?: CreateOptions }
  | { readonly type: 'set'; readonly path: string; readonly data: Uint8Array; readonly version?: number }
  | { readonly type: 'remove' | 'check'; readonly path: string; readonly version?: number };

/** What a step of a transaction did: the path of a created node, the new stat of a changed one. */
export interface StepResult {
  readonly path?: string;
  readonly stat?: NodeStat;
}

const anyVersion = -1;

/** Writes the fields of a step, which are those of the request of its type. @param acl the default. */
export function writeStep(writer: RecordWriter, step: TransactionStep, acl: readonly AclEntry[]): void {
  writer.text(step.path);
  switch (step.type) {
    case 'create': {
      const { options = {} } = step;
      const entries = options.acl ?? acl;
      writer.bytes(step.data).int(entries.length);
      for (const { permissions, scheme, id } of entries) writer.int(permissions).text(scheme).text(id);
      writer.int((options.ephemeral ? 1 : 0) + (options.sequential ? 2 : 0));
      return;
    }
    case 'set':
      writer.bytes(step.data).int(step.version ?? anyVersion);
      return;
    default:
      writer.int(step.version ?? anyVersion);
  }
}

/** Writes a transaction. */
export function writeTransaction(
  writer: RecordWriter,
  steps: readonly TransactionStep[],
  acl: readonly AclEntry[],
): void {
  for (const step of steps) {
    writer.int(opcodes[step.type]).bool(false).int(-1);
    writeStep(writer, step, acl);
  }
  writer.int(-1).bool(true).int(-1);
}

/**
 * Reads the answer to a transaction.
 *
 * @throws {ZooKeeperError} of the step that failed. Nothing was done then.
 */
export function readTransaction(reader: RecordReader, steps: readonly TransactionStep[]): StepResult[] {
  const results: StepResult[] = [];
  let failed: ZooKeeperError | undefined;
  for (let index = 0; ; index++) {
    const type = reader.int();
    const done = reader.bool();
    reader.int();
    if (done) break;
    const step = steps[index];
    if (step === undefined) throw new MalformedRecordError('A transaction of ZooKeeper has more answers than steps');
    if (type === opcodes.create) results.push({ path: reader.text() });
    else if (type === opcodes.set) results.push({ stat: readStat(reader) });
    else if (type === -1) {
      const error = reader.int();
      if (error !== 0) failed ??= answeredError(error, `${step.type} ${step.path}`);
    } else results.push({});
  }
  if (failed) throw failed;
  return results;
}

/** Reads a stat. */
export function readStat(reader: RecordReader): NodeStat {
  const createdBy = reader.long();
  const modifiedBy = reader.long();
  reader.long(); // when it was created
  reader.long(); // when it was changed
  const version = reader.int();
  reader.int(); // version of the children
  reader.int(); // version of the access list
  const owner = reader.long();
  reader.int(); // length of the data
  const children = reader.int();
  reader.long(); // the transaction that last changed the children
  return { createdBy, modifiedBy, version, owner, children };
}

/** Reads an access list. */
export function readAcl(reader: RecordReader): AclEntry[] {
  return reader.list(() => ({ permissions: reader.int(), scheme: reader.text(), id: reader.text() }));
}
