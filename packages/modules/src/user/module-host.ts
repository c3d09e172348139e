import { Worker } from 'node:worker_threads';
import type { Parameter } from '@meseta/protocol';
import type { Logger, Metrics } from '@meseta/telemetry';
import { CallCounts, type Outcome } from '../call-counts.ts';
import { ModuleError } from '../errors.ts';
import { holdLoop } from '../hold-loop.ts';
import { logOutput } from '../log-output.ts';
import type { Description, ItemTime, Reply, Request, WorkerOptions } from './messages.ts';
import type { ModuleKind } from './user-module.ts';

const startTimeoutMs = 30_000;
const defaultTimeoutSeconds = 30;
const maximumHeapMegabytes = 256;
/** How long a stream that is aborted may take to end. */
const longestEndMs = 5000;
/** The least time between two items of a stream. */
const itemPauseMs = 10;
/**
 * The time, in milliseconds, before a thread is started again. It is doubled with every thread that answered nothing.
 */
const firstBackoffMs = 100;
const longestBackoffMs = 10_000;

/** A call of a module failed: it threw, took too long, or ended the thread. */
export class ModuleCallError extends Error {
  override readonly name = 'ModuleCallError';
  /** `MODULE_ENDED`: the thread ended, because of this call or another one. */
  readonly code: 'MODULE_CALL_FAILED' | 'MODULE_TIMED_OUT' | 'MODULE_ENDED';

  constructor(code: ModuleCallError['code'], message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The module that a host runs, and its parameters. */
export interface ModuleHostOptions {
  readonly name: string;
  /** Absolute path of an ES module. */
  readonly file: string;
  readonly kind: ModuleKind;
  /** The parameters in `--modules`. `timeout` is the time limit of a call in seconds; the module gets it, too. */
  readonly parameters: readonly Parameter[];
  readonly log: Logger;
  readonly metrics: Metrics;
}

interface Pending {
  readonly method: string;
  /** Of a stream. */
  item?(value: unknown, at: ItemTime): void;
  settle(outcome: { value: unknown } | Error | 'discarded'): void;
}

/** What happens to the items of a stream. */
interface StreamOptions {
  /** Aborts the stream: the module then has a few seconds to end it. */
  readonly signal: AbortSignal;
  /** Gets each item. When it throws, the stream is aborted and fails with that error. */
  readonly onItem: (value: unknown, at: ItemTime) => void;
}

interface CallOptions {
  /** Passed to the module as one more argument. */
  readonly signal?: AbortSignal;
  /** The call has no time limit. */
  readonly endless?: true;
}

/**
 * Runs a user's module in a thread, where it may throw, exit, loop forever or exhaust memory. When a call takes too
 * long, or the thread ends, the calls under way fail and the thread is started again. The module's memory is lost.
 *
 * This does not protect against deliberate acts on the whole process, such as `process.kill(process.pid)`, nor against
 * native addons.
 */
export class ModuleHost {
  /** Called when a new thread has replaced one that ended. */
  onRestart: (() => void) | undefined;
  readonly #options: ModuleHostOptions;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #log: Logger;
  readonly #pending = new Map<number, Pending>();
  readonly #counts = new Map<string, CallCounts>();
  #description: Description | undefined;
  #worker: Promise<Worker> | undefined;
  #current: Worker | undefined;
  #count = 0;
  #backoffMs = 0;
  #closed = false;

  /** @throws {ModuleError} `MODULE_PARAMETER` for a bad `timeout`. */
  constructor(options: ModuleHostOptions) {
    this.#options = options;
    this.#parameters = Object.fromEntries(options.parameters.map(({ key, value }) => [key, value]));
    this.#log = options.log.child({ module: options.name });
    const seconds = Number(this.#parameters.timeout ?? defaultTimeoutSeconds);
    if (!(seconds > 0 && seconds < 2_147_483)) {
      const message = `Module '${options.name}', parameter 'timeout': expecting a number of seconds, got '${this.#parameters.timeout}'`;
      throw new ModuleError('MODULE_PARAMETER', message);
    }
    this.#timeoutMs = seconds * 1000;
  }

  get name(): string {
    return this.#options.name;
  }

  /** What the module supports. */
  get description(): Description {
    if (this.#description === undefined) throw new Error('The module is not started');
    return this.#description;
  }

  has(method: string): boolean {
    return this.description.methods.includes(method);
  }

  /**
   * @throws {ModuleError} when the file cannot be imported, has no module of that name, or the module cannot be
   * created.
   */
  async start(): Promise<void> {
    try {
      await this.#get();
    } catch (cause) {
      await this.close();
      const { name, file } = this.#options;
      throw new ModuleError('MODULE_FAILED', `Cannot use module '${name}' of '${file}': ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /**
   * Calls a method of the module. The arguments must be cloneable. The time limit starts when the thread gets the call:
   * starting a thread has its own limits.
   *
   * @throws {ModuleCallError} with the message of what the module threw, or the reason why it did not answer.
   */
  async call(method: string, args: readonly unknown[], { signal, endless }: CallOptions = {}): Promise<unknown> {
    const id = ++this.#count;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const abort = () => {
      this.#current?.postMessage({ type: 'abort', id } satisfies Request);
      if (endless) this.#pending.get(id)?.settle('discarded'); // the module may never answer
    };
    let timer: NodeJS.Timeout | undefined;
    const count = this.#countsOf(method).begin();
    this.#pending.set(id, {
      method,
      settle: outcome => {
        this.#pending.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        count(outcomeOf(outcome));
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome === 'discarded' ? undefined : outcome.value);
      },
    });
    const send = async () => {
      const worker = await this.#get();
      // An answer that came while this process stood still counts: timers are called before messages are read.
      if (!endless) timer = setTimeout(() => setImmediate(() => this.#late(worker, id)), this.#timeoutMs);
      worker.postMessage({ type: 'call', id, method, args, signal: signal !== undefined } satisfies Request);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    };
    send().catch(error =>
      this.#pending.get(id)?.settle(new ModuleCallError('MODULE_ENDED', error.message, { cause: error })),
    );
    return endless ? promise : holdLoop(() => promise);
  }

  /**
   * Calls a method that returns an async iterable, and takes its items one at a time. It has no time limit.
   *
   * @throws {ModuleCallError} when the module throws or ends, or does not end the stream in time after it was aborted;
   *   then its thread is started again. What `onItem` throws.
   */
  async stream(method: string, args: readonly unknown[], { signal, onItem }: StreamOptions): Promise<void> {
    const id = ++this.#count;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const count = this.#countsOf(method).begin();
    let worker: Worker | undefined;
    let limit: NodeJS.Timeout | undefined;
    let refused: Error | undefined;
    const abort = () => {
      worker?.postMessage({ type: 'abort', id } satisfies Request);
      limit ??= setTimeout(() => worker && this.#late(worker, id), longestEndMs);
    };
    this.#pending.set(id, {
      method,
      item(value, at) {
        try {
          if (!signal.aborted && refused === undefined) onItem(value, at);
          setTimeout(() => worker?.postMessage({ type: 'next', id } satisfies Request), itemPauseMs).unref();
        } catch (error) {
          refused = error as Error;
          abort();
        }
      },
      settle: outcome => {
        this.#pending.delete(id);
        clearTimeout(limit);
        signal.removeEventListener('abort', abort);
        const failure = refused ?? (outcome instanceof Error ? outcome : undefined);
        count(failure ? outcomeOf(failure) : 'ok');
        if (failure) reject(failure);
        else resolve();
      },
    });
    const send = async () => {
      worker = await this.#get();
      if (signal.aborted) return this.#pending.get(id)?.settle('discarded');
      worker.postMessage({ type: 'call', id, method, args, signal: true } satisfies Request);
      signal.addEventListener('abort', abort, { once: true });
    };
    send().catch(error =>
      this.#pending.get(id)?.settle(new ModuleCallError('MODULE_ENDED', error.message, { cause: error })),
    );
    return promise;
  }

  /** Ends the thread. Calls under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#current?.terminate();
    this.#failPending('the module is closed');
  }

  #countsOf(method: string): CallCounts {
    const counts = this.#counts.get(method) ?? new CallCounts(this.#options.metrics, this.name, method);
    this.#counts.set(method, counts);
    return counts;
  }

  #get(): Promise<Worker> {
    this.#worker ??= this.#start();
    return this.#worker;
  }

  async #start(): Promise<Worker> {
    const waitMs = this.#backoffMs;
    this.#backoffMs = Math.min(Math.max(waitMs * 2, firstBackoffMs), longestBackoffMs);
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs).unref());
    if (this.#closed) throw new ModuleCallError('MODULE_CALL_FAILED', `Module '${this.name}' is closed`);
    const { name, file, kind } = this.#options;
    const workerData: WorkerOptions = { name, file, kind, parameters: this.#parameters };
    const worker = new Worker(new URL('./module-worker.ts', import.meta.url), {
      name: `module ${name}`,
      workerData,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: maximumHeapMegabytes },
      stdout: true,
      stderr: true,
    });
    this.#current = worker;
    worker.unref(); // timers of calls keep the process running
    for (const stream of [worker.stdout, worker.stderr]) {
      logOutput(stream, (text, characters) => this.#log.info('A module wrote', { text, characters }));
    }
    let thrown: unknown;
    worker.on('error', error => {
      thrown = error;
    });
    const restarted = this.#description !== undefined;
    this.#description = await new Promise<Description>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error('it did not finish loading in time'));
        worker.terminate().catch(() => {}); // never rejects; `exit` reports the end
      }, startTimeoutMs);
      worker.on('message', (reply: Reply) => {
        if (reply.type === 'ready') resolve(reply.description);
        else if (reply.type === 'unusable') reject(new Error(reply.message));
        else this.#settle(reply);
        clearTimeout(timer);
      });
      worker.on('exit', code => {
        clearTimeout(timer);
        const why = thrown instanceof Error ? `it failed with: ${thrown.message}` : `it exited with code ${code}`;
        reject(new Error(why));
        this.#ended(worker, why);
      });
    }).catch(async error => {
      await worker.terminate();
      throw error;
    });
    if (restarted) queueMicrotask(() => this.onRestart?.());
    return worker;
  }

  #settle(reply: Reply & { type: 'result' | 'error' | 'item' }): void {
    this.#backoffMs = 0;
    if (reply.type === 'item') return this.#pending.get(reply.id)?.item?.(reply.value, reply.at);
    const outcome =
      reply.type === 'result' ? { value: reply.value } : new ModuleCallError('MODULE_CALL_FAILED', reply.message);
    this.#pending.get(reply.id)?.settle(outcome);
  }

  #ended(worker: Worker, why: string): void {
    if (this.#current !== worker) return;
    this.#current = undefined;
    this.#worker = undefined;
    if (this.#closed) return;
    if (this.#description !== undefined) this.#log.warning('A module has ended and is started again', { why });
    this.#failPending(why);
    if (this.#description === undefined) return; // it never became ready
    this.#get().catch(error => this.#log.warning('A module cannot be started again', { error }));
  }

  #failPending(why: string): void {
    for (const pending of [...this.#pending.values()]) {
      pending.settle(new ModuleCallError('MODULE_ENDED', `Module '${this.name}' ended in ${pending.method}: ${why}`));
    }
  }

  #late(worker: Worker, id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const message = `Module '${this.name}' took too long in ${pending.method}`;
    pending.settle(new ModuleCallError('MODULE_TIMED_OUT', message));
    this.#ended(worker, `it took too long in ${pending.method}`); // from now on, it gets no calls
    worker.terminate().catch(() => {}); // never rejects
  }
}

function outcomeOf(outcome: { value: unknown } | Error | 'discarded'): Outcome {
  if (outcome === 'discarded') return outcome;
  if (!(outcome instanceof Error)) return 'ok';
  return outcome instanceof ModuleCallError && outcome.code === 'MODULE_TIMED_OUT' ? 'timed-out' : 'failed';
}
