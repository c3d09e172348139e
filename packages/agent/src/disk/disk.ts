import { Worker } from 'node:worker_threads';
import { DiskError, type DiskOperation } from './operation.ts';

/** What a job sends to the worker. */
export interface DiskJob {
  readonly id: number;
  readonly operations: readonly DiskOperation[];
}

/** The result of a job. Without `error`, all operations were performed. */
export interface DiskResult {
  readonly id: number;
  readonly error?: {
    readonly operation: string;
    readonly path: string;
    readonly code: string;
    readonly message: string;
  };
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * The agent's writes. Launching a task takes some twenty of them, each cheap and each a trip to another thread; so jobs
 * of several go to one worker thread, which does them in the order given, and asks the disk to sync once for all jobs
 * that wait for it.
 */
export class Disk {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #jobs: DiskJob[] = [];
  #next = 0;
  #failure: Error | undefined;
  readonly #onError: (error: DiskError) => void;

  /** @param onError receives each failure of a job, before the job's caller does. */
  constructor(onError: (error: DiskError) => void = () => {}) {
    this.#onError = onError;
    this.#worker = new Worker(new URL('./disk-worker.ts', import.meta.url), {
      name: 'agent-disk',
      resourceLimits: { maxYoungGenerationSizeMb: 2 }, // it keeps nothing; by default garbage takes tens of MiB
    });
    this.#worker.unref();
    this.#worker.on('message', (results: readonly DiskResult[]) => this.#onResults(results));
    this.#worker.on('error', error => this.#fail(error as Error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that writes to disk ended')));
  }

  /**
   * Does all operations of a job, one after the other, and stops at the first that fails. Jobs are done in the order
   * they are given.
   *
   * @throws {DiskError}
   */
  perform(operations: readonly DiskOperation[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = this.#next++;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      if (this.#jobs.length === 0) setImmediate(() => this.#flush()); // one message for all of this turn
      this.#jobs.push({ id, operations });
    });
  }

  /** Ends the thread when the jobs so far are done. */
  async close(): Promise<void> {
    await this.perform([]).catch(() => undefined); // its thread ended already
    this.#failure ??= new Error('The disk is closed');
    await this.#worker.terminate();
  }

  #flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#worker.postMessage(jobs);
  }

  #onResults(results: readonly DiskResult[]): void {
    for (const { id, error } of results) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) {
        const problem = new DiskError(error.operation, error.path, error.code, error.message);
        this.#onError(problem);
        waiting?.reject(problem);
      } else waiting?.resolve();
    }
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
