import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frame, type PerlHelper, startPerlHelper } from '@meseta/containers/shim';
import { ModuleError } from '../errors.ts';

const program = fileURLToPath(new URL('./spawner.pl', import.meta.url));

/** Bytes of an answer; more is an error. */
export const maximumOutput = 16 * 1024 * 1024;
/** Bytes kept of what one call writes to standard output and error. */
const maximumLog = 8192;

/** What to run. */
export interface Execution {
  readonly argv: readonly string[];
  readonly method: string;
  readonly module: string;
  readonly input: string;
}

/** How it ended. */
export type Ending =
  /** Nothing ran. */
  | { readonly type: 'failed'; readonly errno: number; readonly step: string }
  | {
      readonly type: 'ended';
      /** As of wait(2). */
      readonly waitStatus: number;
      /** Undefined when it was too long; empty but after status 0. */
      readonly output: string | undefined;
      /** Empty after status 0. */
      readonly error: string;
      /** The beginning of what it wrote to standard output and error, and how many bytes there were in all. */
      readonly log: string;
      readonly logBytes: number;
    }
  /** The spawner was killed. */
  | { readonly type: 'lost' };

/** A command under way. */
export interface Running {
  /** Also the value of its `MESOS_COMMAND_MODULE_CALL`. */
  readonly id: string;
  /** Undefined when nothing ran. */
  readonly started: Promise<number | undefined>;
  readonly ended: Promise<Ending>;
}

interface Pending {
  started(pid: number | undefined): void;
  ended(ending: Ending): void;
}

/**
 * The helper process that runs commands for a daemon, see spawner.pl. Started with the first command, and again when it
 * was killed. An idle one does not keep the daemon from ending.
 */
export class CommandSpawner {
  readonly #directory: string;
  /** Calls of earlier daemons, and of others on this machine, have other names. */
  readonly #prefix = randomUUID();
  readonly #onWarning: (message: string) => void;
  readonly #stuckMs: number;
  readonly #pending = new Map<string, Pending>();
  #count = 0;
  #closed = false;
  #helper: Promise<Helper> | undefined;

  /**
   * @param directory by {@link openCallDirectory}.
   * @param stuckMs how long the start of a command may take until the helper is taken to be stuck, and killed.
   */
  constructor(directory: string, onWarning: (message: string) => void, stuckMs = 10_000) {
    this.#directory = directory;
    this.#onWarning = onWarning;
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

  /** Ends the helper, and with it what still runs. */
  async close(): Promise<void> {
    this.#closed = true;
    const helper = await this.#helper?.catch(() => undefined);
    await helper?.stop();
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
        this.#removeFiles(id).catch(error => this.#onWarning(`Cannot remove the files of a call: ${error.message}`));
      }
    };
    helper.ended.then(forget, forget);
    return helper;
  }

  async #removeFiles(id: string): Promise<void> {
    for (const suffix of ['in', 'out', 'err']) {
      await rm(join(this.#directory, `${id}.${suffix}`), { recursive: true, force: true });
    }
  }

  #settle(id: string, ending: Ending): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.started(undefined);
    pending?.ended(ending);
  }
}

/** The process itself and its protocol. */
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
      (each as { unref?(): void }).unref?.(); // calls have timers of their own
    }
  }

  listen(onStarted: (id: string, pid: number) => void, onEnded: (id: string, ending: Ending) => void): void {
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk, onStarted, onEnded));
  }

  send(fields: readonly string[]): void {
    this.#child.stdin.write(frame(fields));
  }

  /** It is of no use: what it ran is for others to end. */
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
    if (this.#length < this.#wanted) return; // a long answer is put together once
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
