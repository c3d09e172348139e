import { once } from 'node:events';
import { chmod, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { makeDirectories } from '@meseta/system';
import { systemProblem } from '@meseta/system/system-problem';
import { copyBatch } from './batch.ts';
import { deposed, StorageError, unavailableHelp, VersionConflictError } from './errors.ts';
import { openingTerms } from './open-terms.ts';
import type { Operation } from './sqlite-database.ts';
import type { Failure, Reply, ReplyOutcome, Request, WorkerOptions } from './sqlite-worker.ts';
import type { Change, Storage, StorageEngine, StorageLimits, Variable } from './storage.ts';

/** Options of a SQLite store. */
export interface SqliteOptions {
  /** The maximum size of the database file; larger commits fail with `STORAGE_FULL`. Default: the size of the disk. */
  readonly maxBytes?: number;
}

/** The largest value that SQLite accepts in its default configuration. @see https://www.sqlite.org/limits.html */
const limits: StorageLimits = { batchBytes: 1_000_000_000 };

/**
 * Makes a store in one SQLite file (with a `-wal` file beside it), which is created when it is first opened. An open
 * term has exclusive use of the file, and its own thread.
 *
 * Commits during an fsync are written together with the next one. An open term that is idle does not keep the process
 * alive. Opening fails with `STORAGE_LOCKED` when another process (or another engine of this one) has opened the file,
 * and with `STORAGE_CORRUPT`, `STORAGE_INCOMPATIBLE` or `STORAGE_UNAVAILABLE`.
 *
 * @param path of the file; its directory is created when it is missing.
 */
export function sqliteEngine(path: string, options: SqliteOptions = {}): StorageEngine {
  return { limits, openTerm: openingTerms(() => openFile(resolve(path), options)) };
}

async function openFile(file: string, options: SqliteOptions): Promise<SqliteStorage> {
  await makePrivate(file).catch(cause => {
    const message = `Could not make '${file}' (${systemProblem(cause)}); ${unavailableHelp}`;
    throw new StorageError('STORAGE_UNAVAILABLE', message, { cause });
  });
  const workerData: WorkerOptions = { path: file, maxBytes: options.maxBytes };
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
    name: 'meseta-storage',
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: 2 }, // its data is short-lived; by default, garbage takes tens of MiB
    execArgv: ['--disable-warning=ExperimentalWarning'], // the program's own options, such as --input-type, may not be valid for a thread
  });
  const [reply] = (await once(worker, 'message')) as [Reply];
  if (!('failure' in reply)) return new SqliteStorage(worker);
  await worker.terminate();
  throw errorOf(reply.failure);
}

/**
 * Creates the file with mode 0600: SQLite would let other users read it. The files that SQLite creates beside it get
 * the same mode.
 */
async function makePrivate(file: string): Promise<void> {
  await makeDirectories(dirname(file), 0o700);
  await (await open(file, 'a', 0o600)).close();
  for (const each of ['', '-wal', '-shm']) {
    await chmod(`${file}${each}`, 0o600).catch(error => {
      if (each === '' || error.code !== 'ENOENT') throw error;
    });
  }
}

interface Pending {
  readonly operation: Operation;
  readonly resolve: (outcome: Exclude<ReplyOutcome, { failure: Failure }>) => void;
  readonly reject: (error: StorageError) => void;
}

class SqliteStorage implements Storage {
  readonly #worker: Worker;
  /** Operations that wait for the end of `#group`. */
  #queue: Pending[] = [];
  #group: Pending[] = [];
  #scheduled = false;
  #failed: StorageError | undefined;
  #closing: Promise<void> | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.unref();
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', cause => this.#fail(cause));
    worker.on('exit', () => this.#fail(undefined));
  }

  async load(): Promise<ReadonlyMap<string, Variable>> {
    return this.#read({ type: 'read' });
  }

  async get(names: readonly string[]): Promise<ReadonlyMap<string, Variable>> {
    return this.#read({ type: 'read', names: [...names] });
  }

  async commit(batch: readonly Change[]): Promise<ReadonlyMap<string, number>> {
    const outcome = await this.#enqueue({ type: 'commit', batch: copyBatch(batch, limits) });
    return 'versions' in outcome ? outcome.versions : new Map();
  }

  /**
   * Ends this term because another one begins. Resolves when the thread's operations are settled; waiting ones are
   * refused.
   */
  async depose(): Promise<void> {
    if (this.#closing) return this.#closing;
    const running = this.#failed === undefined;
    this.#failed ??= deposed();
    for (const { reject } of this.#queue.splice(0)) reject(this.#failed);
    if (running) await this.#endThread();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #read(operation: Operation): Promise<ReadonlyMap<string, Variable>> {
    const outcome = await this.#enqueue(operation);
    return 'variables' in outcome ? outcome.variables : new Map();
  }

  #enqueue(operation: Operation): Promise<Exclude<ReplyOutcome, { failure: Failure }>> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(new StorageError('STORAGE_CLOSED', 'The store is closed'));
      if (this.#failed) return reject(this.#failed);
      this.#queue.push({ operation, resolve, reject });
      this.#schedule();
    });
  }

  /** Sends a group to the thread. All calls in one tick of the event loop, and all during an fsync, form one group. */
  #schedule(): void {
    if (this.#scheduled || this.#group.length > 0 || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#queue.length === 0) return;
      this.#group = this.#queue;
      this.#queue = [];
      this.#worker.ref();
      this.#post(this.#group.map(({ operation }) => operation));
    });
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #settle(reply: Reply): void {
    const group = this.#group;
    this.#group = [];
    const outcomes = 'outcomes' in reply ? reply.outcomes : [];
    for (const [index, outcome] of outcomes.entries()) {
      if ('failure' in outcome) group[index]?.reject(errorOf(outcome.failure));
      else group[index]?.resolve(outcome);
    }
    if (this.#queue.length === 0 && !this.#closing) this.#worker.unref();
    this.#schedule();
  }

  /** Fails everything because the thread has ended: whether its group was written is unknown. */
  #fail(cause: unknown): void {
    this.#failed ??= new StorageError('STORAGE_FENCED', 'The storage thread ended; restart the daemon', { cause });
    const lost = [...this.#group, ...this.#queue];
    this.#group = [];
    this.#queue = [];
    for (const { reject } of lost) reject(this.#failed);
  }

  async #close(): Promise<void> {
    // A read is answered after all earlier commits. Its result is not needed, nor its error: that of the thread or the
    // file, which those commits have reported.
    await this.#enqueue({ type: 'read', names: [] }).catch(() => undefined);
    if (!this.#failed) await this.#endThread();
  }

  /** Ends the thread after all its operations. */
  async #endThread(): Promise<void> {
    const exit = once(this.#worker, 'exit');
    this.#worker.ref();
    this.#post('close');
    await exit;
  }
}

function errorOf({ code, message, cause, conflicts }: Failure): StorageError {
  return conflicts ? new VersionConflictError(conflicts) : new StorageError(code, message, { cause });
}
