import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@meseta/telemetry';
import { commandErrors } from '../errors.ts';
import { CoProcess } from './co-process.ts';
import type { Answer, CommandCall, CommandRunner } from './runner.ts';

/** How long to wait before a co-process is started again: doubled with every start that led to no answer. */
const firstBackoffMs = 100;
const longestBackoffMs = 10_000;

interface Pending {
  readonly call: CommandCall;
  settle(answer: Answer | Error): void;
}

/**
 * One long-lived co-process for all calls of a module. Lines of JSON:
 *
 * ```text
 * daemon ─▶ {"protocol":1,"module":"<module_name>"}          once
 *        ◀─ {"protocol":1}                                   once, before any answer
 *        ─▶ {"id":1,"method":"prepare","deadline_ms":30000,"input":{…}}
 *        ◀─ {"id":1,"ok":true,"output":{…}}                  in any order; output null or absent: an empty one
 *        ◀─ {"id":2,"ok":false,"error":"…","code":3}         as exit 3 with that text in the error file; default 1
 * ```
 *
 * `deadline_ms` is what is left to answer. A missed deadline, a line that is no answer and an end of the co-process cost
 * all calls in flight; then it is killed with all its descendants, and started anew by the next call, after a back-off.
 * No call is ever sent twice. A call that is discarded is forgotten, not interrupted.
 */
export class PersistentRunner implements CommandRunner {
  readonly #module: string;
  readonly #directory: string;
  readonly #log: Logger;
  readonly #pending = new Map<number, Pending>();
  readonly #endings = new Set<Promise<void>>();
  /** Ready for calls, or getting there. */
  #ready: Promise<CoProcess> | undefined;
  /** The one that runs, ready or not. */
  #current: CoProcess | undefined;
  #count = 0;
  #backoffMs = 0;
  #closed = false;

  /** @param module the value of `module_name`. @param directory by {@link openCallDirectory}. */
  constructor(module: string, directory: string, log: Logger) {
    this.#module = module;
    this.#directory = directory;
    this.#log = log;
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
    const timer = setTimeout(() => this.#late(id, settle), timeoutMs);
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
  }

  async #send(id: number, call: CommandCall, deadline: number): Promise<void> {
    const ready = this.#ready ?? this.#start(call.command);
    this.#ready = ready;
    const running = await ready.catch(error => {
      if (this.#ready === ready) this.#ready = undefined;
      throw error;
    });
    if (!this.#pending.has(id)) return; // it waited too long for the co-process
    const left = Math.max(0, Math.round(deadline - performance.now()));
    const method = JSON.stringify(call.method);
    running.write(`{"id":${id},"method":${method},"deadline_ms":${left},"input":${call.input}}\n`);
  }

  /** Resolves when a co-process runs and has said hello. */
  async #start(command: string): Promise<CoProcess> {
    const waitMs = this.#backoffMs;
    this.#backoffMs = Math.min(Math.max(waitMs * 2, firstBackoffMs), longestBackoffMs);
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs).unref());
    const id = randomUUID();
    const file = join(this.#directory, `${id}.co-process`); // tells the next daemon what to end should we be killed
    await writeFile(file, '', { mode: 0o600 }).catch(error => {
      throw commandErrors.notExecuted(command, `its file could not be written: ${error.message}`);
    });
    const removeFile = () => rm(file, { force: true });
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
    if (typeof id !== 'number' || typeof ok !== 'boolean') return running.fail('it sent a line that is no answer');
    this.#backoffMs = 0;
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // discarded meanwhile
    if (ok) return pending.settle(typeof output === 'string' ? { text: output } : { value: output ?? undefined });
    const cause = typeof error === 'string' ? error : '';
    pending.settle(commandErrors.returned(pending.call.command, typeof code === 'number' ? code : 1, cause));
  }

  /** The co-process does not answer: nobody knows whether it ever will, to this call or to others. */
  #late(id: number, settle: (error: Error) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id); // the others fail when it is gone, this one for its own reason
    const running = this.#current;
    running?.fail(`it did not answer ${pending.call.method} in time`);
    const error = commandErrors.timedOut(pending.call.command);
    // When a time-out is told, nothing is left of what caused it.
    (running?.gone ?? Promise.resolve()).then(() => settle(error), settle);
  }
}
