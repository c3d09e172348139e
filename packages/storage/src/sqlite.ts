import { once } from 'node:events';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { copyBatch } from './batch.ts';
import { deposed, StorageError, VersionConflictError } from './errors.ts';
import type { Operation } from './sqlite-database.ts';
import type { Failure, Reply, ReplyOutcome, Request, WorkerOptions } from './sqlite-worker.ts';
import type { Change, Storage, StorageEngine, StorageLimits, Variable } from './storage.ts';

export interface SqliteOptions {
  /** The database file grows to this size at most; larger commits fail with `STORAGE_FULL`. Default: no limit but the disk's. */
  readonly maxBytes?: number;
}

/** SQLite takes no larger value, unless it was built otherwise. @see https://www.sqlite.org/limits.html */
const limits: StorageLimits = { batchBytes: 1_000_000_000 };

/**
 * A store in one SQLite file (and its `-wal` beside it), which is made when it is first opened. An open term has the
 * file for itself, and a thread.
 *
 * Commits called while one fsync is under way are written together with the next. An open term that is idle does not
 * keep the process alive. Opening fails with `STORAGE_LOCKED` when another process (or another engine of this one) has
 * the file open, with `STORAGE_CORRUPT`, `STORAGE_INCOMPATIBLE` or `STORAGE_UNAVAILABLE`.
 *
 * @param path of the file; its directory is made when missing.
 */
export function sqliteEngine(path: string, options: SqliteOptions = {}): StorageEngine {
  let term: SqliteStorage | undefined;
  let opening: Promise<unknown> = Promise.resolve();
  const open = async () => {
    await term?.depose();
    term = await openFile(resolve(path), options);
    return term;
  };
  return {
    limits,
    openTerm() {
      const opened = opening.then(open);
      opening = opened.catch(() => undefined);
      return opened;
    },
  };
}

async function openFile(file: string, options: SqliteOptions): Promise<SqliteStorage> {
  await makePrivate(file).catch(cause => {
    throw new StorageError('STORAGE_UNAVAILABLE', `Could not make '${file}': ${cause.message}`, { cause });
  });
  const workerData: WorkerOptions = { path: file, maxBytes: options.maxBytes };
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
    name: 'meseta-storage',
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: 2 }, // it keeps nothing; by default garbage takes tens of MiB
    execArgv: ['--disable-warning=ExperimentalWarning'], // not the program's own: --input-type and such do not fit
  });
  const [reply] = (await once(worker, 'message')) as [Reply];
  if (!('failure' in reply)) return new SqliteStorage(worker);
  await worker.terminate();
  throw errorOf(reply.failure);
}

/** SQLite would let others read it; the files that it makes beside it get the mode of this one. */
async function makePrivate(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
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
  /** Waiting for the group under way, which is `#group`. */
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

  /** Another term begins. What the thread has been given is settled when this resolves; what waits is refused. */
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

  /** Everything called in one turn of the event loop goes into one group, and everything called during an fsync. */
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

  /** The thread is gone: whether the group under way was written is unknown. */
  #fail(cause: unknown): void {
    this.#failed ??= new StorageError('STORAGE_FENCED', 'The storage thread ended; restart the daemon', { cause });
    const lost = [...this.#group, ...this.#queue];
    this.#group = [];
    this.#queue = [];
    for (const { reject } of lost) reject(this.#failed);
  }

  async #close(): Promise<void> {
    // A read is answered after every commit called before it; its own answer does not matter.
    await this.#enqueue({ type: 'read', names: [] }).catch(() => undefined);
    if (!this.#failed) await this.#endThread();
  }

  /** After all it has been given. */
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
