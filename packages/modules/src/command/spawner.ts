import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frame, type PerlHelper, startPerlHelper } from '@meseta/containers/shim';
import { RepeatedRemovals } from '@meseta/system';
import { ModuleError } from '../errors.ts';

const program = fileURLToPath(new URL('./spawner.pl', import.meta.url));

/** The maximum size of an answer, in bytes. */
export const maximumOutput = 16 * 1024 * 1024;
/** The number of bytes of a call's standard output and error that are kept. */
const maximumLog = 8192;

/** A command to run. */
export interface Execution {
  readonly argv: readonly string[];
  readonly method: string;
  readonly module: string;
  readonly input: string;
}

/** How a command ended. */
export type Ending =
  /** The command could not be started. */
  | { readonly type: 'failed'; readonly errno: number; readonly step: string }
  | {
      readonly type: 'ended';
      /** The status as returned by wait(2). */
      readonly waitStatus: number;
      /** The answer; undefined when it was too long, empty unless the status is 0. */
      readonly output: string | undefined;
      /** The contents of the error file; empty when the status is 0. */
      readonly error: string;
      /** The beginning of the command's standard output and error, and the total number of bytes. */
      readonly log: string;
      readonly logBytes: number;
    }
  /** The spawner was killed, so the command's end is unknown. */
  | { readonly type: 'lost' };

/** A running command. */
export interface Running {
  /** Also the value of its `MESOS_COMMAND_MODULE_CALL`. */
  readonly id: string;
  /** The pid; undefined when the command could not be started. */
  readonly started: Promise<number | undefined>;
  readonly ended: Promise<Ending>;
}

interface Pending {
  started(pid: number | undefined): void;
  ended(ending: Ending): void;
}

/**
 * Runs commands for a daemon through a helper process, see spawner.pl. The helper is started with the first command,
 * and again after it was killed. An idle helper does not keep the daemon running.
 */
export class CommandSpawner {
  readonly #directory: string;
  /** Makes ids of calls unique among all daemons of this machine, earlier ones included. */
  readonly #prefix = randomUUID();
  readonly #onWarning: (message: string) => void;
  /** Of files of calls, by their names. */
  readonly #removals: RepeatedRemovals<string>;
  readonly #stuckMs: number;
  readonly #pending = new Map<string, Pending>();
  #count = 0;
  #closed = false;
  #helper: Promise<Helper> | undefined;

  /**
   * @param directory from {@link openCallDirectory}.
   * @param stuckMs how long the start of a command may take. After that, the helper is assumed to hang, and is killed.
   */
  constructor(directory: string, onWarning: (message: string) => void, stuckMs = 10_000) {
    this.#directory = directory;
    this.#onWarning = onWarning;
    this.#removals = new RepeatedRemovals({
      remove: name => rm(join(directory, name), { recursive: true, force: true }),
      onRefused: (name, { message }) =>
        onWarning(`Cannot remove ${name}, a file of a call, which is tried again until it is done: ${message}`),
    });
    this.#stuckMs = stuckMs;
  }

  /** @throws {ModuleError} when the helper does not start. */
  async start(): Promise<void> {
    await this.#get();
  }

  async run({ argv, method, module, input }: Execution): Promise<Running> {
    if (this.#closed) return { id: '', started: Promise.resolve(undefined), ended: Promise.resolve({ type: 'lost' }) };
    const helper = await this.#get();
    const id = `${this.#prefix}-${++this.#count}`;
    const started = Promise.withResolvers<number | undefined>();
    const ended = Promise.withResolvers<Ending>();
    const stuck = setTimeout(() => helper.kill(), this.#stuckMs).unref();
    this.#pending.set(id, {
      started(pid) {
        clearTimeout(stuck);
        started.resolve(pid);
      },
      ended: ended.resolve,
    });
    helper.send([id, method, module, String(argv.length), ...argv, input]);
    return { id, started: started.promise, ended: ended.promise };
  }

  /** Ends the helper and all running commands. */
  async close(): Promise<void> {
    this.#closed = true;
    const helper = await this.#helper?.catch(() => undefined); // one that did not start need not be stopped
    await helper?.stop();
    this.#removals.close();
  }

  #get(): Promise<Helper> {
    this.#helper ??= this.#start().catch(error => {
      this.#helper = undefined;
      throw error;
    });
    return this.#helper;
  }

  async #start(): Promise<Helper> {
    const helper = await Helper.start([this.#directory, String(maximumOutput), String(maximumLog)], this.#onWarning);
    helper.listen(
      (id, pid) => this.#pending.get(id)?.started(pid),
      (id, ending) => this.#settle(id, ending),
    );
    const forget = () => {
      this.#helper = undefined;
      for (const id of [...this.#pending.keys()]) {
        this.#settle(id, { type: 'lost' });
        for (const suffix of ['in', 'out', 'err']) void this.#removals.remove(`${id}.${suffix}`);
      }
    };
    helper.ended.then(forget, forget);
    return helper;
  }

  #settle(id: string, ending: Ending): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.started(undefined);
    pending?.ended(ending);
  }
}

/** The helper process and its protocol. */
class Helper {
  readonly ended: Promise<unknown>;
  readonly #child: PerlHelper;
  #chunks: Buffer[] = [];
  #length = 0;
  #wanted = 0;

  static async start(args: readonly string[], onWarning: (message: string) => void): Promise<Helper> {
    const argv = [program, ...args];
    const { child } = await startPerlHelper({ purpose: 'runs commands', argv, onWarning }).catch((cause: Error) => {
      throw new ModuleError('MODULE_FAILED', cause.message, { cause });
    });
    return new Helper(child);
  }

  private constructor(child: PerlHelper) {
    this.#child = child;
    this.ended = new Promise(resolve => child.once('exit', resolve).once('error', resolve));
    for (const each of [child, child.stdin, child.stdout, child.stderr]) {
      (each as { unref?(): void }).unref?.(); // timers of calls keep the process running
    }
  }

  listen(onStarted: (id: string, pid: number) => void, onEnded: (id: string, ending: Ending) => void): void {
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk, onStarted, onEnded));
  }

  send(fields: readonly string[]): void {
    this.#child.stdin.write(frame(fields));
  }

  /** Kills the helper. The caller has to end the commands that it ran. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#child.ref();
    this.#child.stdin.end();
    await this.ended;
  }

  #read(
    chunk: Buffer,
    onStarted: (id: string, pid: number) => void,
    onEnded: (id: string, ending: Ending) => void,
  ): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return; // wait for all of a long answer, to join its parts only once
    let buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#wanted = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10)) {
      const [word = '', id = '', ...numbers] = buffer.toString('latin1', 0, end).split(' ');
      let next = end + 1;
      if (word === 'started') onStarted(id, Number(numbers[0]));
      if (word === 'failed') {
        onEnded(id, { type: 'failed', errno: Number(numbers[0]), step: numbers[1] ?? '' });
      }
      if (word === 'ended') {
        const [waitStatus = 0, out = 0, err = 0, log = 0, logBytes = 0] = numbers.map(Number);
        const [outEnd, errEnd] = [next + Math.max(out, 0), next + Math.max(out, 0) + err];
        this.#wanted = errEnd + log;
        if (buffer.length < this.#wanted) break;
        const output = out < 0 ? undefined : buffer.toString('utf8', next, outEnd);
        const error = buffer.toString('utf8', outEnd, errEnd);
        onEnded(id, {
          type: 'ended',
          waitStatus,
          output,
          error,
          log: buffer.toString('utf8', errEnd, this.#wanted),
          logBytes,
        });
        next = this.#wanted;
        this.#wanted = 0;
      }
      buffer = buffer.subarray(next);
    }
    this.#chunks = [buffer];
    this.#length = buffer.length;
  }
}
