import { randomUUID } from 'node:crypto';
import { boundedJson, DecodeError } from '@meseta/protocol';
import type { Hook, HookedTask, TaskEvent, Variables } from '@meseta/tasks';
import { describeExit } from '@meseta/tasks';
import { readLines } from '../supervision/read-lines.ts';
import { type ProcessSpec, TaskProcess } from '../supervision/task-process.ts';
import { hookUser } from './hook-user.ts';
import { moduleHostProgram } from './module-host.ts';
import { parseVariables } from './variables.ts';

/** How a hook module is run. */
export interface UserModuleOptions extends Pick<ProcessSpec, 'user'> {
  /** Absolute path of an ES module, JavaScript or TypeScript. */
  readonly path: string;
  /** The environment of the module's process, without secrets. */
  readonly environment: Variables;
  readonly sandbox: string;
  /** Receives a line that the module printed. */
  onOutput(line: string): void;
}

interface Answer {
  readonly name?: string;
  readonly env?: unknown;
  readonly error?: string;
}

/**
 * Runs a hook module of the user. Its default export is `{ name, handle(event, task) }`; `handle` returns, or promises,
 * a list of `VAR=value` or nothing. The module's process runs from `load` to `close`. After each event, the processes
 * that the module started are killed.
 */
export class UserModule implements Hook {
  readonly name: string;
  readonly #process: TaskProcess;
  readonly #answers: Answers;

  /**
   * Starts the module's process.
   *
   * @throws when the module does not load before the signal is aborted.
   */
  static async load(options: UserModuleOptions, signal: AbortSignal): Promise<UserModule> {
    const mark = `${randomUUID()} `;
    const host = await TaskProcess.start({
      file: process.execPath,
      argv: [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '-e',
        moduleHostProgram,
        '--',
        options.path,
        mark,
      ],
      environment: options.environment,
      workingDirectory: options.sandbox,
      ...(options.user && { user: options.user }),
      input: 'pipe',
      output: 'pipe',
      shimName: 'meseta-hook-module',
    });
    host.stdin?.on('error', () => undefined);
    const answers = new Answers(host, mark, options.onOutput);
    try {
      const { name, error } = await answers.next(signal);
      if (error !== undefined || name === undefined) throw new Error(error ?? 'it did not load');
      return new UserModule(name, host, answers);
    } catch (error) {
      await host.destroy();
      throw error;
    }
  }

  private constructor(name: string, host: TaskProcess, answers: Answers) {
    this.name = name;
    this.#process = host;
    this.#answers = answers;
  }

  async handle(event: TaskEvent, { info: task }: HookedTask, signal: AbortSignal): Promise<Variables> {
    try {
      this.#process.stdin?.write(`${JSON.stringify({ event, task })}\n`);
      const { env, error } = await this.#answers.next(signal);
      if (error !== undefined) throw new Error(error);
      return parseVariables(env);
    } catch (error) {
      if (signal.aborted) await this.#process.destroy(); // a late answer would be taken for that to the next event
      throw error;
    } finally {
      await this.#process.destroyDescendants();
    }
  }

  close(): Promise<void> {
    return this.#process.destroy();
  }
}

/**
 * A hook module in a program that runs many tasks. Each event of each task gets its own process, so that no task waits
 * for another.
 */
export class PassingModule implements Hook {
  readonly name: string;
  readonly #path: string;
  readonly #onOutput: (line: string, task: HookedTask) => void;

  constructor(name: string, path: string, onOutput: (line: string, task: HookedTask) => void) {
    this.name = name;
    this.#path = path;
    this.#onOutput = onOutput;
  }

  async handle(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables> {
    const { sandbox, environment } = task;
    const onOutput = (line: string) => this.#onOutput(line, task);
    const options = { path: this.#path, environment, sandbox, ...(await hookUser(task)), onOutput };
    const module = await UserModule.load(options, signal);
    try {
      return await module.handle(event, task, signal);
    } finally {
      await module.close();
    }
  }
}

/** Parses an answer. An answer that exceeds the longest line arrives in pieces, which are not JSON. */
function parseAnswer(text: string): Answer {
  try {
    return boundedJson(text) as Answer;
  } catch (error) {
    return { error: error instanceof DecodeError ? error.message : 'its answer is too long' };
  }
}

/** Reads the answers of a module's process, one at a time. */
class Answers {
  #waiting: PromiseWithResolvers<Answer> | undefined;
  #ended: string | undefined;

  constructor(host: TaskProcess, mark: string, onOutput: (line: string) => void) {
    const said = readLines(host.stdout, line => {
      if (line.startsWith(mark)) this.#waiting?.resolve(parseAnswer(line.slice(mark.length)));
      else if (line !== '') onOutput(line);
    });
    void readLines(host.stderr, onOutput);
    void host.exited.then(async exit => {
      // The last answer may still be in the pipe, which children of the process may hold open.
      await host.destroyDescendants();
      await said;
      this.#ended = `its process ended with ${describeExit(exit)}`;
      this.#waiting?.reject(new Error(this.#ended));
    });
  }

  async next(signal: AbortSignal): Promise<Answer> {
    if (this.#ended !== undefined) throw new Error(this.#ended);
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting = waiting;
    const abort = () => waiting.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#waiting = undefined;
    }
  }
}
