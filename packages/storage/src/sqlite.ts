import { once } from 'node:events';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { copyBatch } from './batch.ts';
import { StorageError, VersionConflictError } from './errors.ts';
import type { Operation } from './sqlite-database.ts';
import type { Failure, Reply, ReplyOutcome, Request, WorkerOptions } from './sqlite-worker.ts';
import type { Change, Storage, Variable } from './storage.ts';

export interface SqliteOptions {
  /** The database file grows to this size at most; larger commits fail with `STORAGE_FULL`. Default: no limit but the disk's. */
  readonly maxBytes?: number;
}

/**
 * Opens or creates a store in one SQLite file (and its `-wal` beside it), on a thread of its own.
 *
 * Commits called while one fsync is under way are written together with the next. An open store that is idle does not
 * keep the process alive.
 *
 * @param path of the file; its directory is made when missing.
 * @throws {StorageError} `STORAGE_LOCKED` when another process (or another store of this one) has it open,
 *   `STORAGE_CORRUPT`, `STORAGE_INCOMPATIBLE`, `STORAGE_UNAVAILABLE`.
 */
export async function openSqliteStorage(path: string, options: SqliteOptions = {}): Promise<Storage> {
  const file = resolve(path);
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
    const outcome = await this.#enqueue({ type: 'commit', batch: copyBatch(batch) });
    return 'versions' in outcome ? outcome.versions : new Map();
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
    if (this.#failed) return;
    const exit = once(this.#worker, 'exit');
    this.#worker.ref();
    this.#post('close');
    await exit;
  }
}

function errorOf({ code, message, cause, conflicts }: Failure): StorageError {
  return conflicts ? new VersionConflictError(conflicts) : new StorageError(code, message, { cause });
}
