/**
 * An open store in ZooKeeper.
 *
 * ```text
 * commit, get, load ─▶ queue ─▶ group ─▶ plan in memory ─▶ one transaction ─▶ apply in memory ─▶ answers
 *                                                    check term, create log/NUMBER
 * ```
 *
 * One group is on its way at a time. All calls in one turn of the event loop, and all while a group is on its way, form
 * the next group. The variables in memory are those in ZooKeeper: only this term writes, and it stops when it cannot
 * know what it has written.
 */
import { copyBatch } from '../../batch.ts';
import { deposed, StorageError } from '../../errors.ts';
import type { Change, Storage, StorageLimits, Variable } from '../../storage.ts';
import { ZooKeeperError } from '../errors.ts';
import type { RevisionFile } from './known-revision.ts';
import { chunkName, numberName } from './layout.ts';
import type { Nodes } from './nodes.ts';
import type { OpenedStore } from './open.ts';
import { encodeRecord, nodeBytes } from './records.ts';
import { defaultLimits, type TermLimits, Upkeep } from './upkeep.ts';
import type { Operation, Outcome, Variables } from './variables.ts';

export type { TermLimits };

/** Options of a term. */
export interface TermOptions {
  readonly limits: StorageLimits;
  /** How long an operation may take, milliseconds. */
  readonly commitTimeoutMs: number;
  /** The address of the store, for messages; without credentials. */
  readonly place: string;
  readonly termLimits?: TermLimits;
  /** Where it is noted how far the store is written. */
  readonly known?: RevisionFile;
}

interface Pending {
  readonly operation: Operation;
  /** Bytes in a record. */
  readonly bytes: number;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly resolve: (outcome: Exclude<Outcome, { error: StorageError }>) => void;
  readonly reject: (error: StorageError) => void;
}

/** A timer with a longer time would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** How long closing waits for operations under way, milliseconds. */
const closeMs = 5000;

/** A store that is open for a term. */
export class ZooKeeperTerm implements Storage {
  readonly #nodes: Nodes;
  readonly #term: number;
  readonly #store: string;
  readonly #variables: Variables;
  readonly #options: TermOptions;
  readonly #upkeep: Upkeep;
  #chunks = 0;
  #queue: Pending[] = [];
  #group: Pending[] = [];
  #scheduled = false;
  #idle: (() => void)[] = [];
  #limit: NodeJS.Timeout | undefined;
  #failed: StorageError | undefined;
  #closing: Promise<void> | undefined;

  constructor(nodes: Nodes, opened: OpenedStore, options: TermOptions) {
    this.#nodes = nodes;
    this.#term = opened.term;
    this.#store = opened.store;
    this.#variables = opened.variables;
    this.#options = options;
    this.#upkeep = new Upkeep({
      nodes,
      opened,
      newChunkName: this.#newChunkName,
      limits: options.termLimits ?? defaultLimits,
      fail: error => this.#fail(error),
    });
  }

  async load(): Promise<ReadonlyMap<string, Variable>> {
    return this.#read({ type: 'read' });
  }

  async get(names: readonly string[]): Promise<ReadonlyMap<string, Variable>> {
    return this.#read({ type: 'read', names: [...names] });
  }

  async commit(batch: readonly Change[]): Promise<ReadonlyMap<string, number>> {
    const outcome = await this.#enqueue({ type: 'commit', batch: copyBatch(batch, this.#options.limits) });
    return 'versions' in outcome ? outcome.versions : new Map();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends this term because another one begins. What is under way is refused; ZooKeeper does it before, or never. */
  depose(): void {
    if (!this.#closing) this.#end(deposed());
  }

  async #read(operation: Operation): Promise<ReadonlyMap<string, Variable>> {
    const outcome = await this.#enqueue(operation);
    return 'variables' in outcome ? outcome.variables : new Map();
  }

  #enqueue(operation: Operation): Promise<Exclude<Outcome, { error: StorageError }>> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(new StorageError('STORAGE_CLOSED', 'The store is closed'));
      if (this.#failed) return reject(this.#failed);
      const deadline = performance.now() + Math.min(this.#options.commitTimeoutMs, longestTimerMs);
      this.#queue.push({ operation, bytes: bytesOf(operation), deadline, resolve, reject });
      if (this.#limit === undefined) this.#limitTo(deadline);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#group.length > 0 || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#queue.length > 0) void this.#perform(this.#takeGroup()).catch(error => this.#fail(error));
    });
  }

  /** As many operations as fit one node; at least one. */
  #takeGroup(): Pending[] {
    let bytes = 0;
    const end = this.#queue.findIndex((pending, index) => {
      bytes += pending.bytes;
      return index > 0 && bytes > nodeBytes - 1024;
    });
    this.#group = this.#queue.splice(0, end < 0 ? this.#queue.length : end);
    return this.#group;
  }

  async #perform(group: readonly Pending[]): Promise<void> {
    const { outcomes, record } = this.#variables.plan(group.map(({ operation }) => operation));
    if (record) {
      const path = `${this.#nodes.layout.log}/${numberName(record.firstRevision)}`;
      const body = encodeRecord(record);
      const chunks = await this.#nodes.create(this.#term, path, 'record', body, this.#newChunkName);
      if (this.#failed) return;
      this.#variables.apply(record);
      this.#options.known?.saw({ store: this.#store, revision: this.#variables.revision });
      this.#upkeep.added({ path, chunks, bytes: body.length });
    } else {
      await this.#nodes.write(this.#term, []);
      if (this.#failed) return;
    }
    this.#group = [];
    this.#limitTo(this.#queue[0]?.deadline);
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome);
    }
    if (this.#queue.length > 0) this.#schedule();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  readonly #newChunkName = () => chunkName(this.#term, ++this.#chunks);

  /** Fails the term when the oldest operation takes too long. */
  #limitTo(deadline: number | undefined): void {
    clearTimeout(this.#limit);
    this.#limit = undefined;
    if (deadline === undefined) return;
    this.#limit = setTimeout(() => this.#end(this.#overdue()), deadline - performance.now());
  }

  #overdue(): StorageError {
    const { commitTimeoutMs, place } = this.#options;
    const problem = this.#nodes.problem;
    return new StorageError(
      'STORAGE_FENCED',
      `ZooKeeper at ${place} did not answer within ${commitTimeoutMs / 1000} seconds${problem && ` (no connection to ${problem})`}; whether the change was stored is unknown`,
    );
  }

  #fail(error: unknown): void {
    if (error instanceof StorageError) return this.#end(error);
    if (!(error instanceof ZooKeeperError)) {
      return this.#end(new StorageError('STORAGE_FENCED', 'The store failed; restart the daemon', { cause: error }));
    }
    const message = `The store at ${this.#options.place} refuses to write: ${error.message}`;
    this.#end(new StorageError('STORAGE_FENCED', message, { cause: error }));
  }

  /** Refuses everything from now on. */
  #end(error: StorageError): void {
    if (this.#failed) return;
    this.#failed = error;
    this.#limitTo(undefined);
    const lost = [...this.#group, ...this.#queue];
    this.#group = [];
    this.#queue = [];
    for (const { reject } of lost) reject(error);
    for (const resolve of this.#idle.splice(0)) resolve();
    void this.#nodes.close();
  }

  async #close(): Promise<void> {
    if (!this.#failed && (this.#group.length > 0 || this.#queue.length > 0)) {
      const idle = new Promise<void>(resolve => this.#idle.push(resolve));
      this.#limitTo(Math.min(performance.now() + closeMs, this.#oldest()));
      await idle;
    }
    this.#end(new StorageError('STORAGE_CLOSED', 'The store is closed'));
    await this.#nodes.close();
  }

  #oldest(): number {
    return (this.#group[0] ?? this.#queue[0])?.deadline ?? 0;
  }
}

function bytesOf(operation: Operation): number {
  if (operation.type === 'read') return 0;
  return operation.batch.reduce((sum, { name, value }) => sum + 16 + 3 * name.length + (value?.length ?? 0), 16);
}
