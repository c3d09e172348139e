/** Runs a process and everything that descends from it below its own shim: `single` mode of shim.pl. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { getSystemErrorMessage, promisify } from 'node:util';
import {
  type ExitStatus,
  frame,
  launchFields,
  parseEvent,
  perlProblem,
  type ShimEvent,
  shimProgram,
  startFailure,
} from '@meseta/containers/shim';
import {
  allPids,
  answerOf,
  isAlive,
  type Process,
  type ProcessId,
  readProcess,
  Slice,
  signalProcess,
  signalTree,
  type User,
} from '@meseta/system';

/** A program and how to run it. It inherits nothing but the file descriptors named here. */
export interface ProcessSpec {
  /** The program; without a slash it is searched in the `PATH` of `environment`. */
  readonly file: string;
  /** All of argv, argv[0] included. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly user?: User;
  /** Options of prlimit(1), `--nofile=64:64`. */
  readonly limits?: readonly string[];
  /** Default: nothing. */
  readonly input?: 'pipe';
  /** `inherit`: the executor's own standard output and error; `ignore`: nowhere. */
  readonly output: 'inherit' | 'pipe' | 'ignore';
  /** The name of the shim in `ps`; default `meseta-shim`. */
  readonly shimName?: string;
}

/** The process could not be started; no program ran. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'PROCESS_START';
}

/** The executor's ends of a task's standard input, output and error, as far as they are pipes. */
type Pipes = readonly [input?: Socket | undefined, output?: Socket | undefined, error?: Socket | undefined];

const longestKillDelayMs = 200;

/** The id of the container in the shim's protocol. Each shim has one container, and no other program knows its id. */
const containerId = 'task';

/** A running process and its descendants. `drained` resolves when all of them are gone. */
export class TaskProcess {
  /** How the first process ended. */
  readonly exited: Promise<ExitStatus>;
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
    const argv = [...shimProgram, 'single', String(process.pid), spec.shimName ?? 'meseta-shim', piped];
    const child = spawn('perl', argv, {
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
    });
    const answers = new Answers(child);
    let pipes: Pipes = [];
    try {
      const shim = { pid: child.pid ?? 0, start: readProcess(child.pid ?? 0)?.start ?? 0 };
      if (child.pid === undefined) await answers.ready; // the shim did not start, so it has no socket
      const socket = child.stdio[3] as Writable;
      if (piped) pipes = await openPipes(child.pid, piped, await answers.pipes);
      socket.write(request(spec));
      const task = await answerOf(shim, answers.ready);
      socket.write('g');
      await answerOf(shim, answers.started);
      return new TaskProcess(shim, answers, pipes, task);
    } catch (cause) {
      child.kill('SIGKILL');
      for (const pipe of pipes) pipe?.destroy();
      if (cause instanceof StartError) throw cause;
      if (cause instanceof Refusal) throw new StartError(failureOf(spec, cause), { cause });
      const why = perlProblem(cause as NodeJS.ErrnoException);
      throw new StartError(`Failed to start the process that watches '${spec.file}': ${why}`, { cause });
    }
  }

  private constructor(shim: ProcessId, answers: Answers, pipes: Pipes, task: ProcessId) {
    const [stdin = null, stdout = null, stderr = null] = pipes;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.pid = task.pid;
    this.#shim = shim;
    this.exited = answers.exit.then(async status => {
      if (status !== undefined) return status;
      await killSession(task).catch(() => undefined); // the shim was killed, and cannot do it
      return { kind: 'unknown' } as const;
    });
    this.drained = Promise.all([answers.end, this.exited]).then(() => {
      this.#isDrained = true;
    });
  }

  /**
   * Sends a signal to every process of the tree, see `signalTree`. Signals are sent one after another.
   *
   * @param spares selects processes that do not get the signal.
   * @returns the number of processes that got it.
   */
  signal(signal: NodeJS.Signals, spares?: (member: Process) => boolean): Promise<number> {
    const sent = this.#signalling.then(() => (this.#isDrained ? 0 : signalTree(this.#shim, signal, spares)));
    this.#signalling = sent.catch(() => undefined); // the caller gets the failure
    return sent;
  }

  /** Kills the whole tree. Resolves when it is gone. */
  async destroy(): Promise<void> {
    for (
      let delayMs = 1;
      !this.#isDrained && isAlive(this.#shim);
      delayMs = Math.min(2 * delayMs, longestKillDelayMs)
    ) {
      await this.signal('SIGKILL').catch(() => 0); // what cannot be read now is tried again
      await this.#drainedWithin(delayMs);
    }
  }

  /**
   * Kills all descendants of the first process, also those whose parent has ended, but not the first process itself.
   */
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

/** The shim reported that it could not start its task. */
class Refusal extends Error {
  readonly errno: number;
  readonly step: string;

  constructor({ errno, step }: ShimEvent & { readonly type: 'failed' }) {
    super(`the shim failed to start its task: ${step}`);
    this.errno = errno;
    this.step = step;
  }
}

/** The shim's messages as promises: `pipes` (if there are any), `ready`, `started`, `exit`, `end`. */
class Answers {
  readonly #pipes = Promise.withResolvers<readonly string[]>();
  readonly #ready = Promise.withResolvers<ProcessId>();
  readonly #started = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<ExitStatus | undefined>();
  readonly #end = Promise.withResolvers<void>();
  /** The file descriptors of the pipes in the shim. */
  readonly pipes = this.#pipes.promise;
  /** The first process exists and waits for the order to run its program. */
  readonly ready = this.#ready.promise;
  /** The first process runs its program. */
  readonly started = this.#started.promise;
  /** How the first process ended; undefined when the shim ended without saying so. */
  readonly exit = this.#exit.promise;
  /** The shim, and with it the tree, is gone. */
  readonly end = this.#end.promise;

  constructor(child: ChildProcess) {
    for (const each of [this.pipes, this.ready, this.started]) each.catch(() => undefined); // a rejection that no caller waits for is no error
    child.on('error', error => this.#close(error));
    if (child.pid === undefined) return;
    let text = '';
    const socket = child.stdio[3] as Readable;
    socket.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (text + piece).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
    socket.on('error', () => undefined).on('close', () => this.#close(new Error('the shim ended before it was ready')));
  }

  #take(line: string): void {
    const [word, ...descriptors] = line.split(' ');
    if (word === 'pipes') return this.#pipes.resolve(descriptors);
    const event = parseEvent(line);
    if (event?.type === 'ready') this.#ready.resolve(event.task);
    if (event?.type === 'started') this.#started.resolve();
    if (event?.type === 'exited') this.#exit.resolve(event.status);
    if (event?.type === 'failed') this.#fail(new Refusal(event));
  }

  #close(why: Error): void {
    this.#fail(why);
    this.#exit.resolve(undefined);
    this.#end.resolve();
  }

  #fail(error: Error): void {
    for (const each of [this.#pipes, this.#ready, this.#started]) each.reject(error);
  }
}

/**
 * The number of times that a session's processes are listed and killed. A session that still grows then forks faster
 * than it can be killed, and is left.
 */
const maximumLooks = 50;

/**
 * Kills the processes of a session whose shim was killed. The kernel kills the leader; processes that left the session
 * cannot be found. A member may fork while the processes are listed, so the session is listed again after each time
 * that a process was found.
 */
async function killSession(leader: ProcessId): Promise<void> {
  const slice = new Slice();
  for (let looks = 0, found = true; found && looks < maximumLooks; looks++) {
    found = false;
    for (const pid of allPids()) {
      const member = readProcess(pid);
      const isOne = member?.session === leader.pid && member.start >= leader.start && member.state !== 'Z';
      if (isOne && signalProcess(member, 'SIGKILL')) found = true;
      await slice.giveWay();
    }
  }
}

const openFile = promisify(open);

/**
 * Opens the ends of pipes that a shim holds.
 *
 * @param piped which streams are pipes, see shim.pl.
 * @param ends their file descriptors in the shim.
 */
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

function request({ file, argv, environment, workingDirectory, user, limits }: ProcessSpec): Buffer {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const fields = launchFields({
    ...{ id: containerId, file, argv, environment: variables, workingDirectory, user },
    ...(limits && { limits }),
  });
  if (fields.some(field => field.includes('\0'))) throw new StartError('A NUL character cannot be passed to a program');
  return frame(fields);
}

function failureOf(spec: ProcessSpec, { errno, step }: Refusal): string {
  const { file, workingDirectory } = spec;
  return startFailure({ file, workingDirectory }, step, errno > 0 ? getSystemErrorMessage(-errno) : 'refused');
}
