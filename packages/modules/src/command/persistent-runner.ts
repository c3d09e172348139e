import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RepeatedRemovals } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { commandErrors } from '../errors.ts';
import { CoProcess } from './co-process.ts';
import type { Answer, CommandCall, CommandRunner } from './runner.ts';

/**
 * The time, in milliseconds, before a co-process is started again. It is doubled with every start that led to no
 * answer.
 */
const firstBackoffMs = 100;
const longestBackoffMs = 10_000;

interface Pending {
  readonly call: CommandCall;
  settle(answer: Answer | Error): void;
}

/**
 * Sends all calls of a module to one long-running co-process, as lines of JSON:
 *
 * ```text
 * daemon ─▶ {"protocol":1,"module":"<module_name>"}          once
 *        ◀─ {"protocol":1}                                   once, before any answer
 *        ─▶ {"id":1,"method":"prepare","deadline_ms":30000,"input":{…}}
 *        ◀─ {"id":1,"ok":true,"output":{…}}                  in any order; output null or absent: an empty one
 *        ◀─ {"id":2,"ok":false,"error":"…","code":3}         as exit 3 with that text in the error file; default 1
 * ```
 *
 * `deadline_ms` is the time left to answer. After a missed deadline, an invalid line or an end of the co-process, all
 * calls under way fail; the co-process is killed with its descendants, and the next call starts it, after a back-off.
 * No call is ever sent twice. The co-process is not told that a call was discarded.
 */
export class PersistentRunner implements CommandRunner {
  readonly #module: string;
  readonly #directory: string;
  /** Of the files of co-processes, by their names. */
  readonly #removals: RepeatedRemovals<string>;
  readonly #log: Logger;
  readonly #pending = new Map<number, Pending>();
  readonly #endings = new Set<Promise<void>>();
  /** Resolves when the co-process is ready for calls. */
  #ready: Promise<CoProcess> | undefined;
  /** The running co-process, ready or not. */
  #current: CoProcess | undefined;
  #count = 0;
  #backoffMs = 0;
  #closed = false;

  /** @param module the value of `module_name`. @param directory by {@link openCallDirectory}. */
  constructor(module: string, directory: string, log: Logger) {
    this.#module = module;
    this.#directory = directory;
    this.#log = log;
    this.#removals = new RepeatedRemovals({
      remove: name => rm(join(directory, name), { force: true }),
      onRefused: (file, error) =>
        log.warning('Failed to remove the file of a co-process; trying again', { error, module, file }),
    });
  }

  run(call: CommandCall): Promise<Answer> {
    const { command, timeoutMs, signal } = call;
    const id = ++this.#count;
    const deadline = performance.now() + timeoutMs;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const settle = (answer: Answer | Error) => {
      this.#pending.delete(id);
      clearTimeout(timer);
      signal?.removeEventListener('abort', discard);
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    };
    const discard = () => settle(commandErrors.discarded(command));
    // An answer that came while this process stood still counts: timers are called before pipes are read.
    const timer = setTimeout(() => setImmediate(() => this.#late(id, settle)), timeoutMs);
    this.#pending.set(id, { call, settle });
    signal?.addEventListener('abort', discard, { once: true });
    if (signal?.aborted) discard();
    else {
      this.#send(id, call, deadline).catch(error => {
        if (this.#pending.has(id)) settle(error); // else it was late, which is why the co-process ended
      });
    }
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#current?.end();
    await Promise.all(this.#endings);
    this.#removals.close();
  }

  async #send(id: number, call: CommandCall, deadline: number): Promise<void> {
    const ready = this.#ready ?? this.#start(call.command);
    this.#ready = ready;
    const running = await ready.catch(error => {
      if (this.#ready === ready) this.#ready = undefined;
      throw error;
    });
    if (!this.#pending.has(id)) return; // its time was up before the co-process was ready
    const left = Math.max(0, Math.round(deadline - performance.now()));
    const method = JSON.stringify(call.method);
    running.write(`{"id":${id},"method":${method},"deadline_ms":${left},"input":${call.input}}\n`);
  }

  /** Starts a co-process. Resolves when it has sent its first line. */
  async #start(command: string): Promise<CoProcess> {
    const waitMs = this.#backoffMs;
    this.#backoffMs = Math.min(Math.max(waitMs * 2, firstBackoffMs), longestBackoffMs);
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs).unref());
    const id = randomUUID();
    const file = `${id}.co-process`; // if this daemon is killed, the next one ends the co-process
    await writeFile(join(this.#directory, file), '', { mode: 0o600 }).catch(error => {
      throw commandErrors.notExecuted(command, `its file could not be written: ${error.message}`);
    });
    const removeFile = () => this.#removals.remove(file);
    let running: CoProcess;
    try {
      if (this.#closed) throw commandErrors.discarded(command);
      running = new CoProcess(command, id, this.#module, this.#log, answer => this.#take(running, answer));
    } catch (error) {
      await removeFile();
      throw error;
    }
    this.#current = running;
    const ending = running.ended.then(async error => {
      this.#ready = undefined;
      this.#current = undefined;
      for (const pending of [...this.#pending.values()]) pending.settle(error);
      await running.gone;
      await removeFile();
      this.#endings.delete(ending);
    });
    this.#endings.add(ending);
    await Promise.race([
      running.ready,
      running.ended.then(error => {
        throw error;
      }),
    ]);
    return running;
  }

  #take(running: CoProcess, answer: Readonly<Record<string, unknown>>): void {
    const { id, ok, output, error, code } = answer;
    if (typeof id !== 'number' || typeof ok !== 'boolean') return running.fail('it sent a line that is not an answer');
    this.#backoffMs = 0;
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // discarded meanwhile
    if (ok) return pending.settle(typeof output === 'string' ? { text: output } : { value: output ?? undefined });
    const cause = typeof error === 'string' ? error : '';
    pending.settle(commandErrors.returned(pending.call.command, typeof code === 'number' ? code : 1, cause));
  }

  /** Ends the co-process because it did not answer in time: it may not answer other calls either. */
  #late(id: number, settle: (error: Error) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id); // the other calls fail when the co-process is gone, this one with its time-out
    const running = this.#current;
    running?.fail(`it did not answer ${pending.call.method} in time`);
    const error = commandErrors.timedOut(pending.call.command);
    // The time-out is reported when the processes that caused it are gone.
    (running?.gone ?? Promise.resolve()).then(() => settle(error), settle);
  }
}
