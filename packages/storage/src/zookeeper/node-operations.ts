import type { ZooKeeperAddress } from './address.ts';
import { ZooKeeperError, type ZooKeeperErrorCode } from './errors.ts';
import {
  type AclEntry,
  type CreateOptions,
  creatorAcl,
  type NodeStat,
  opcodes,
  openAcl,
  readAcl,
  readStat,
  readTransaction,
  type StepResult,
  type TransactionStep,
  writeStep,
  writeTransaction,
} from './operations.ts';
import { RequestQueue } from './requests.ts';
import { type Watch, Watches } from './watches.ts';

/** Where the nodes are, and how long operations may take. */
export interface NodeOperationsOptions {
  /** The ensemble, and the credentials. Its path is not used: the paths of operations are complete. */
  readonly address: ZooKeeperAddress;
  /** How long the session lives without contact. ZooKeeper grants 2 to 20 of its ticks, by default 4 to 40 seconds. */
  readonly timeoutMs: number;
  /** The longest time of one operation, waiting for a connection included. Default: the time-out of the session. */
  readonly operationMs?: number;
}

/** The data of a node. */
export interface NodeData {
  readonly data: Buffer;
  readonly stat: NodeStat;
}

/**
 * The operations on nodes. All of them reject with {@link ZooKeeperError}, never later than `operationMs`; requests are sent
 * in the order of the calls. A session has the connection.
 */
export abstract class NodeOperations {
  /** The operations that wait for a connection, or for their answers. */
  protected readonly requests: RequestQueue;
  protected readonly watches = new Watches();
  readonly #acl: readonly AclEntry[];

  constructor({ address, timeoutMs, operationMs = timeoutMs }: NodeOperationsOptions) {
    this.requests = new RequestQueue({ operationMs, problem: () => this.problem });
    this.#acl = address.credentials === undefined ? openAcl : creatorAcl;
  }

  /** The last problem with the connection, for messages; empty when there is none. */
  abstract get problem(): string;

  /** Creates a node. @returns its path, which has a number at its end if the node is sequential. */
  create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<string> {
    return this.requests.send({
      opcode: opcodes.create,
      what: `create ${path}`,
      write: writer => writeStep(writer, { type: 'create', path, data, options }, this.#acl),
      read: reader => reader.text(),
    });
  }

  /** Creates a node and those above it, without data, where they do not exist. */
  async createAll(path: string): Promise<void> {
    const names = path.split('/').slice(1);
    for (let depth = 1; depth <= names.length; depth++) {
      const each = `/${names.slice(0, depth).join('/')}`;
      // With a user who may not create it, an existing node counts.
      if ((await this.exists(each)) !== undefined) continue;
      await this.create(each, Buffer.alloc(0)).catch(ignore('ZK_NODE_EXISTS'));
    }
  }

  /** Reads a node. @param watch reports the next change of the node. It is not set when the node does not exist. */
  get(path: string, watch?: Watch): Promise<NodeData> {
    return this.requests.send({
      opcode: opcodes.get,
      what: `read ${path}`,
      write: writer => writer.text(path).bool(watch !== undefined),
      read: reader => {
        const node = { data: reader.bytes(), stat: readStat(reader) };
        this.watches.add('data', path, watch);
        return node;
      },
    });
  }

  /** Replaces the data of a node. @param version the one it must have. */
  set(path: string, data: Uint8Array, version?: number): Promise<NodeStat> {
    const step: TransactionStep = { type: 'set', path, data, ...(version !== undefined && { version }) };
    return this.requests.send({
      opcode: opcodes.set,
      what: `change ${path}`,
      write: writer => writeStep(writer, step, this.#acl),
      read: readStat,
    });
  }

  /** Removes a node. @param version the one it must have. */
  remove(path: string, version?: number): Promise<void> {
    const step: TransactionStep = { type: 'remove', path, ...(version !== undefined && { version }) };
    return this.requests.send({
      opcode: opcodes.remove,
      what: `remove ${path}`,
      write: writer => writeStep(writer, step, this.#acl),
      read: () => undefined,
    });
  }

  /** Returns the stat of a node; undefined when it does not exist. @param watch reports its next change, its creation too. */
  exists(path: string, watch?: Watch): Promise<NodeStat | undefined> {
    return this.requests.send<NodeStat | undefined>({
      opcode: opcodes.exists,
      what: `look for ${path}`,
      write: writer => writer.text(path).bool(watch !== undefined),
      read: reader => {
        this.watches.add('data', path, watch);
        return readStat(reader);
      },
      recover: error => {
        if (error.code !== 'ZK_NO_NODE') throw error;
        this.watches.add('data', path, watch);
        return undefined;
      },
    });
  }

  /** Returns the names of a node's children, in no order. @param watch reports the next child that comes or goes. */
  children(path: string, watch?: Watch): Promise<string[]> {
    return this.requests.send({
      opcode: opcodes.children,
      what: `list ${path}`,
      write: writer => writer.text(path).bool(watch !== undefined),
      read: reader => {
        const names = reader.list(() => reader.text());
        this.watches.add('children', path, watch);
        return names;
      },
    });
  }

  /**
   * Does all steps or none.
   *
   * @returns what each did.
   * @throws {ZooKeeperError} of the first step that failed.
   */
  transaction(steps: readonly TransactionStep[]): Promise<StepResult[]> {
    const what = `do ${steps.map(({ type, path }) => `${type} ${path}`).join(', ')}`;
    return this.requests.send({
      opcode: opcodes.multi,
      what,
      write: writer => writeTransaction(writer, steps, this.#acl),
      read: reader => readTransaction(reader, steps),
    });
  }

  /** Waits until the server has all that the ensemble had agreed on before the call: later reads then see it. */
  sync(path: string): Promise<void> {
    return this.requests.send({
      opcode: opcodes.sync,
      what: `synchronize ${path}`,
      write: writer => writer.text(path),
      read: () => undefined,
    });
  }

  /** Returns the access list of a node. */
  acl(path: string): Promise<AclEntry[]> {
    return this.requests.send({
      opcode: opcodes.getAcl,
      what: `read the access list of ${path}`,
      write: writer => writer.text(path),
      read: readAcl,
    });
  }
}

/** Makes a handler of rejections with one code; others go on. */
function ignore(code: ZooKeeperErrorCode): (error: unknown) => undefined {
  return error => {
    if (!(error instanceof ZooKeeperError) || error.code !== code) throw error;
  };
}
