/**
 * Runs commands of an external containerizer's program: one process for each command, in a session of its own, which
 * reads one message and writes one.
 *
 * ```text
 * spawn ─▶ started (its pid is stored) ─▶ the input is written ─▶ it answers ─▶ it exits with 0
 * ```
 *
 * A process that was not given its input, because the agent ended, reads the end of its input instead, which is an error
 * for every program. So whatever a program does, the agent has stored its pid before.
 *
 * @see Mesos 0.21, src/slave/containerizer/external_containerizer.cpp, invoke
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, existsSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageType } from '@meseta/protocol';
import { type Clock, type ProcessId, readProcess } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Environment } from '../environment.ts';
import { type ExternalCommand, ExternalProgramError, explainExit, explainStart } from './error.ts';
import { killGroup } from './kill-group.ts';
import { RecordReader } from './record.ts';
import { StderrTail } from './stderr-tail.ts';

/** How long a program may take to exit after its answer, and its output to end after its exit, in milliseconds. */
const endMs = 5000;

const { O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/** What is common to all commands. */
export interface ProgramOptions {
  /** The agent's `--containerizer_path`: a path, or a command line to which the command is appended. */
  readonly path: string;
  /** The environment of every command. */
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A command to run. */
export interface ProgramCall<T> {
  readonly command: ExternalCommand;
  /** For logs. */
  readonly container?: string;
  /** One record; none for commands without input. */
  readonly input?: Uint8Array;
  /** The message that it answers with; undefined: it answers nothing. */
  readonly answer?: MessageType<T>;
  /** The directory it runs in, with the file its standard error goes to. */
  readonly sandbox?: string;
  /** Added to the environment. */
  readonly environment?: Environment;
  /** How long it may take, in milliseconds. Undefined: any time. */
  readonly timeoutMs?: number;
  /** Its standard output is that of the container, which may inherit it. */
  readonly outputToSandbox?: boolean;
  /** Called when the process exists, before it gets its input. A rejection ends the process. */
  readonly started?: (process: ProcessId) => Promise<void>;
}

/** A running command. */
export interface RunningCall<T> {
  /** The process's answer. @throws {ExternalProgramError} {Error} what `started` rejected with. */
  readonly answer: Promise<T>;
  /** Ends the process and its process group. */
  kill(): void;
}

/** The program of an external containerizer. See the top of this file. */
export class ExternalProgram {
  readonly path: string;
  readonly #options: ProgramOptions;
  readonly #running = new Set<Call<unknown>>();
  #closed = false;

  constructor(options: ProgramOptions) {
    this.path = options.path;
    this.#options = options;
  }

  /** Starts a command. */
  start<T = undefined>(call: ProgramCall<T>): RunningCall<T> {
    const { command, container, sandbox } = call;
    const { log } = this.#options;
    log.debug('Invoking external containerizer', {
      method: command,
      calling: `${this.path} ${command}`,
      ...(container !== undefined && { container_id: container }),
      ...(sandbox !== undefined && { directory: sandbox }),
    });
    const running = new Call(call, this.#options);
    if (this.#closed) return { answer: Promise.reject(running.closed()), kill: () => undefined };
    this.#running.add(running as Call<unknown>);
    const answer = running.run().finally(() => this.#running.delete(running as Call<unknown>));
    return { answer, kill: () => running.kill() };
  }

  /** Runs a command. @throws as the answer of {@link RunningCall}. */
  run<T = undefined>(call: ProgramCall<T>): Promise<T> {
    return this.start(call).answer;
  }

  /**
   * Rejects what runs. Commands that only ask are ended; those that change something go on without the agent, because a
   * half of a change is worse.
   */
  close(): void {
    this.#closed = true;
    for (const call of this.#running) call.close();
  }
}

const asking: readonly ExternalCommand[] = ['wait', 'usage', 'containers', 'recover'];

type Output = 'stdout' | 'stderr';

class Call<T> {
  readonly #call: ProgramCall<T>;
  readonly #options: ProgramOptions;
  readonly #reader = new RecordReader();
  readonly #stderr = new StderrTail();
  readonly #result = Promise.withResolvers<T>();
  readonly #cancels: (() => void)[] = [];
  /** Outputs that are read and not over yet. */
  readonly #open = new Set<Output>();
  #child: ChildProcess | undefined;
  #settled = false;
  #fed = false;

  constructor(call: ProgramCall<T>, options: ProgramOptions) {
    this.#call = call;
    this.#options = options;
    this.#result.promise.then(...settles(() => (this.#settled = true)));
  }

  async run(): Promise<T> {
    const files: FileHandle[] = [];
    try {
      await this.#spawn(files);
      await Promise.all(files.map(file => file.close())); // the process has its own; `wait` may run for long
      await this.#feed();
      return await this.#result.promise;
    } finally {
      for (const cancel of this.#cancels) cancel();
    }
  }

  kill(): void {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    killGroup(child.pid); // the pid is no other process's until this process has waited for it
  }

  close(): void {
    const child = this.#child;
    if (!this.#fed || asking.includes(this.#call.command)) this.kill();
    for (const each of [child, child?.stdin, child?.stdout, child?.stderr]) (each as { unref?(): void })?.unref?.();
    this.#result.reject(this.closed());
  }

  closed(): ExternalProgramError {
    return this.#error('CLOSED', 'the agent ends');
  }

  async #spawn(files: FileHandle[]): Promise<void> {
    const { command, sandbox, environment, timeoutMs, outputToSandbox, answer } = this.#call;
    const { path, clock } = this.#options;
    const inSandbox = (name: Output) => (sandbox === undefined ? 'ignore' : this.#file(files, sandbox, name));
    const stderr = sandbox === undefined ? 'pipe' : await inSandbox('stderr');
    const stdout = answer ? 'pipe' : outputToSandbox ? await inSandbox('stdout') : 'ignore';
    if (this.#settled) return;
    const [file, argv] = words(path, command);
    const env = { ...this.#options.environment, ...environment };
    try {
      this.#child = spawn(file, argv, {
        ...{ detached: true, env, stdio: ['pipe', stdout, stderr] },
        ...(sandbox !== undefined && { cwd: sandbox }),
      });
    } catch (error) {
      this.#result.reject(this.#notStarted(error as NodeJS.ErrnoException)); // most errors arrive as an event
      return;
    }
    this.#listen(this.#child);
    if (timeoutMs !== undefined) {
      this.#cancels.push(clock.after(timeoutMs, () => this.#silent(`within ${timeoutMs / 1000} seconds`)));
    }
  }

  /** Opens a file for output in the sandbox, which belongs to the user, who may have put anything there. */
  async #file(files: FileHandle[], sandbox: string, name: Output): Promise<number | 'ignore'> {
    const path = join(sandbox, name);
    try {
      const file = await open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
      files.push(file);
      if ((await file.stat()).isFile()) return file.fd;
    } catch (error) {
      this.#options.log.warning('Cannot open a file for the output of the external containerizer', { error, path });
    }
    return 'ignore';
  }

  #listen(child: ChildProcess): void {
    child.once('error', error => {
      if (child.pid === undefined) this.#result.reject(this.#notStarted(error));
    });
    child.stdin?.on('error', () => undefined); // it has ended, or reads nothing: its exit says more
    child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#stderr.add(chunk));
    for (const name of ['stdout', 'stderr'] as const) {
      if (!child[name]) continue;
      this.#open.add(name);
      child[name].once('close', () => this.#over(name));
    }
    child.once('exit', () => {
      // A descendant may hold the output open.
      if (this.#open.size > 0) this.#later(() => this.#over('stdout', 'stderr'));
      this.#finish();
    });
  }

  /** Stores the process and gives it its input. */
  async #feed(): Promise<void> {
    const { input, started } = this.#call;
    const pid = this.#child?.pid;
    const found = pid === undefined ? undefined : readProcess(pid);
    if (started && found) {
      try {
        await started({ pid: found.pid, start: found.start });
      } catch (error) {
        this.kill();
        this.#result.reject(error);
        return;
      }
    }
    if (this.#settled) return;
    this.#fed = true;
    this.#child?.stdin?.end(input);
  }

  #read(chunk: Buffer): void {
    const { answer } = this.#call;
    if (!answer || !this.#open.has('stdout')) return;
    this.#reader.add(chunk);
    if (!this.#reader.isOver) return;
    const result = this.#reader.read(answer);
    if ('problem' in result) {
      this.kill();
      this.#result.reject(this.#error('ANSWER', `its answer ${result.problem}; ${this.#look()}`));
    }
    this.#later(() => this.#silent('after its answer'));
    this.#over('stdout');
  }

  #over(...names: Output[]): void {
    for (const name of names) this.#open.delete(name);
    this.#finish();
  }

  /** Settles the call when the process has ended and what is needed of its output is there. */
  #finish(): void {
    const { exitCode = null, signalCode = null } = this.#child ?? {};
    if (exitCode === null && signalCode === null) return;
    if (this.#open.has('stdout') || (exitCode !== 0 && this.#open.size > 0)) return;
    const { answer } = this.#call;
    if (exitCode !== 0) {
      const problem = signalCode === null ? 'EXITED' : 'SIGNALED';
      this.#result.reject(this.#error(problem, `${explainExit(exitCode, signalCode)}; ${this.#look()}`));
    } else if (!answer) {
      this.#result.resolve(undefined as T);
    } else {
      const result = this.#reader.read(answer);
      if ('message' in result) this.#result.resolve(result.message);
      else this.#result.reject(this.#error('ANSWER', `its answer ${result.problem}; ${this.#look()}`));
    }
  }

  #later(f: () => void): void {
    this.#cancels.push(this.#options.clock.after(endMs, f));
  }

  #silent(when: string): void {
    this.kill();
    this.#result.reject(this.#error('SILENT', `it did not end ${when} and was killed; ${this.#look()}`));
  }

  #notStarted(error: NodeJS.ErrnoException): ExternalProgramError {
    const { sandbox } = this.#call;
    const gone = sandbox !== undefined && !isDirectory(sandbox);
    const why = gone
      ? `its directory '${sandbox}' is gone; see who removes sandboxes of running tasks`
      : explainStart(this.#options.path, error);
    return this.#error('NOT_STARTED', why, error);
  }

  /** Says where the program's own words are. */
  #look(): string {
    const { sandbox } = this.#call;
    if (sandbox !== undefined) return `what it printed is in '${join(sandbox, 'stderr')}'`;
    const tail = this.#stderr.text();
    const nothing = `it printed nothing to standard error; run '${this.#options.path} ${this.#call.command}' to see why`;
    return tail === '' ? nothing : `it printed: ${tail}`;
  }

  #error(problem: ExternalProgramError['problem'], message: string, cause?: unknown): ExternalProgramError {
    const { path } = this.#options;
    return new ExternalProgramError(path, this.#call.command, problem, message, cause === undefined ? {} : { cause });
  }
}

const settles = (f: () => void): [() => void, () => void] => [f, f];

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Mesos runs a shell line; a path is executed directly, because then the system's error is known. */
function words(path: string, command: string): [file: string, argv: string[]] {
  if (!/\s/.test(path) || existsSync(path)) return [path, [command]];
  return ['/bin/sh', ['-c', `exec ${path} ${command}`]];
}
