/** A process with everything that descends from it, below a shim of its own (see shim.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { getSystemErrorMessage, promisify } from 'node:util';
import {
  allPids,
  answerOf,
  isAlive,
  type Process,
  type ProcessId,
  readProcess,
  signalProcess,
  signalTree,
} from '@meseta/daemon';
import type { CommandExit } from './exit-message.ts';
import { shimProgram } from './shim.ts';

/** What to run. Nothing is inherited but the file descriptors named here. */
export interface ProcessSpec {
  /** The program; without a slash it is searched in the shim's `PATH`, which is the executor's. */
  readonly file: string;
  /** All of argv, argv[0] included. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  /** Options of prlimit(1), `--nofile=64:64`. */
  readonly limits?: readonly string[];
  /** Default: nothing. */
  readonly input?: 'pipe';
  /** `inherit`: the executor's own standard output and error; `ignore`: nowhere. */
  readonly output: 'inherit' | 'pipe' | 'ignore';
  /** What the shim is called in `ps`; default `meseta-shim`. */
  readonly shimName?: string;
}

/** Nothing ran. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'PROCESS_START';
}

/** Our ends of a task's standard input, output and error, as far as they are pipes. */
type Pipes = readonly [input?: Socket | undefined, output?: Socket | undefined, error?: Socket | undefined];

const longestKillDelayMs = 200;

/** Runs from `start` on. `drained` resolves when the process and all its descendants are gone. */
export class TaskProcess {
  /** How the first process ended. */
  readonly exited: Promise<CommandExit>;
  readonly drained: Promise<void>;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly pid: number;
  readonly #shim: ProcessId;
  #isDrained = false;
  #signalling: Promise<unknown> = Promise.resolve();

  /** @throws {StartError} */
  static async start(spec: ProcessSpec): Promise<TaskProcess> {
    const output = spec.output === 'inherit' ? 'inherit' : 'ignore';
    const piped = `${spec.input ? '0' : ''}${spec.output === 'pipe' ? '12' : ''}`;
    const child = spawn('perl', ['-e', shimProgram, '--', String(process.pid), spec.shimName ?? 'meseta-shim', piped], {
      cwd: spec.workingDirectory,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
    });
    const messages = new Messages(child);
    const shim = { pid: child.pid ?? 0, start: readProcess(child.pid ?? 0)?.start ?? 0 };
    let pipes: Pipes = [];
    try {
      if (piped) pipes = await openPipes(child.pid, piped, await messages.pipes);
      (child.stdio[3] as Writable).write(request(spec));
      const [word, first, second] = await answerOf(shim, messages.first);
      if (word === 'started')
        return new TaskProcess(shim, messages, pipes, { pid: Number(first), start: Number(second) });
      throw new StartError(failureOf(spec, Number(first), second ?? ''));
    } catch (cause) {
      child.kill('SIGKILL');
      for (const pipe of pipes) pipe?.destroy();
      if (cause instanceof StartError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'perl (Debian package perl-base) or the working directory is missing' : message;
      throw new StartError(`Failed to start the process that watches '${spec.file}': ${why}`, { cause });
    }
  }

  private constructor(shim: ProcessId, messages: Messages, pipes: Pipes, task: ProcessId) {
    const [stdin = null, stdout = null, stderr = null] = pipes;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.pid = task.pid;
    this.#shim = shim;
    this.exited = messages.exit.then(status => {
      if (status !== undefined) return exitOf(status);
      killSession(task); // the shim was killed
      return { kind: 'unknown' } as const;
    });
    this.drained = messages.end.then(() => {
      this.#isDrained = true;
    });
  }

  /**
   * To every process of the tree, see `signalTree`. One signal after the other.
   *
   * @param spares those that get none.
   */
  signal(signal: NodeJS.Signals, spares?: (member: Process) => boolean): Promise<number> {
    const sent = this.#signalling.then(() => (this.#isDrained ? 0 : signalTree(this.#shim, signal, spares)));
    this.#signalling = sent.catch(() => undefined);
    return sent;
  }

  /** Kills all of the tree; resolves when it is gone. */
  async destroy(): Promise<void> {
    for (
      let delayMs = 1;
      !this.#isDrained && isAlive(this.#shim);
      delayMs = Math.min(2 * delayMs, longestKillDelayMs)
    ) {
      await this.signal('SIGKILL');
      await this.#drainedWithin(delayMs);
    }
  }

  /** Kills the descendants of the first process and those it lost, not the first process itself. */
  async destroyDescendants(): Promise<void> {
    await this.signal('SIGKILL', ({ pid }) => pid === this.pid);
  }

  async #drainedWithin(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.drained, promise]);
    clearTimeout(timer);
  }
}

/** The lines of a shim. */
class Messages {
  /** File descriptors; only of a shim with pipes. */
  readonly pipes: Promise<string[]>;
  /** Whether it started. */
  readonly first: Promise<string[]>;
  /** Wait status of the first process; undefined when the shim ended without telling. */
  readonly exit: Promise<number | undefined>;
  readonly end: Promise<void>;

  constructor(child: ChildProcess) {
    const pipes = Promise.withResolvers<string[]>();
    const first = Promise.withResolvers<string[]>();
    const exit = Promise.withResolvers<number | undefined>();
    const end = Promise.withResolvers<void>();
    this.pipes = pipes.promise;
    this.first = first.promise;
    for (const either of [this.pipes, this.first]) either.catch(() => undefined); // only one of them is waited for
    this.exit = exit.promise;
    this.end = end.promise;
    let text = '';
    const socket = child.stdio[3] as Readable;
    socket.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (text + piece).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const words = line.split(' ');
        if (words[0] === 'exited') exit.resolve(Number(words[1]));
        else if (words[0] === 'pipes') pipes.resolve(words.slice(1));
        else first.resolve(words);
      }
    });
    const fail = (error: Error) => {
      pipes.reject(error);
      first.reject(error);
    };
    const ended = () => {
      fail(new Error('it ended at once'));
      exit.resolve(undefined);
      end.resolve();
    };
    socket.on('error', () => undefined).on('close', ended);
    child.on('error', error => {
      fail(error);
      ended();
    });
  }
}

/** What can still be told from others when there is no shim: the kernel kills the leader, those who left are out of reach. */
function killSession(leader: ProcessId): void {
  for (const pid of allPids()) {
    const member = readProcess(pid);
    if (member?.session === leader.pid && member.start >= leader.start) signalProcess(member, 'SIGKILL');
  }
}

const openFile = promisify(open);

/** Opens the ends of pipes that a shim holds. @param piped which, see shim.ts. @param ends their file descriptors. */
async function openPipes(shim: number | undefined, piped: string, ends: readonly string[]): Promise<Pipes> {
  const pipes: (Socket | undefined)[] = [];
  for (const [index, file] of [...piped].entries()) {
    const input = file === '0';
    const mode = input ? constants.O_WRONLY : constants.O_RDONLY;
    const fd = await openFile(`/proc/${shim}/fd/${ends[index]}`, mode | constants.O_NONBLOCK);
    pipes[Number(file)] = new Socket({ fd, readable: !input, writable: input });
  }
  return [pipes[0], pipes[1], pipes[2]];
}

function request({ user, limits = [], file, argv, environment }: ProcessSpec): Buffer {
  const identity = user ? [user.uid, user.gid, ...user.groups].join(' ') : '';
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const fields = [identity, limits.join(' '), file, String(argv.length), ...argv, ...variables];
  if (fields.some(field => field.includes('\0'))) throw new StartError('A NUL character cannot be passed to a program');
  const body = Buffer.from(fields.join('\0'));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function failureOf({ file }: ProcessSpec, errno: number, step: string): string {
  const reason = errno > 0 ? getSystemErrorMessage(-errno) : 'refused';
  switch (step) {
    case 'exec':
      return `Failed to execute '${file}': ${reason}`;
    case 'user':
      return `Failed to switch the user: ${reason}`;
    case 'rlimits':
      return 'Failed to set resource limits';
    default:
      return `Failed to ${step}: ${reason}`;
  }
}

/** @see waitpid(2) */
function exitOf(status: number): CommandExit {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: 'exited', code: status >> 8 } : { kind: 'signaled', signal };
}
