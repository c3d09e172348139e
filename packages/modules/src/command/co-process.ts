import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { boundedJson, DecodeError } from '@meseta/protocol';
import type { ProcessMarks } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { commandErrors } from '../errors.ts';
import { logOutput } from '../log-output.ts';
import { describeErrno } from './errno.ts';
import { killMarked, marksOf } from './kill.ts';
import { maximumOutput } from './spawner.ts';

const protocol = 1;
/** How long, in milliseconds, a co-process may take to end after its standard input has ended. */
const endMs = 1000;

type Json = Readonly<Record<string, unknown>>;

/** Runs a co-process and passes its lines on. The owner interprets them. */
export class CoProcess {
  /** Resolves when the co-process has sent its first line. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended or could not be started, with the error for the calls under way. */
  readonly ended: Promise<Error>;
  /** Resolves when its descendants have ended as well. */
  readonly gone: Promise<void>;
  readonly #command: string;
  readonly #log: Logger;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #marks: ProcessMarks | undefined;
  readonly #hello = Promise.withResolvers<void>();
  readonly #onAnswer: (answer: Json) => void;
  #greeted = false;
  #line: string[] = [];
  #lineLength = 0;
  #failing: Promise<void> | undefined;

  /**
   * @param id the mark in the environment by which its processes are found.
   * @throws {CommandError} when it cannot be started.
   */
  constructor(command: string, id: string, module: string, log: Logger, onAnswer: (answer: Json) => void) {
    this.#command = command;
    this.#log = log.child({ module });
    this.#onAnswer = onAnswer;
    const env = { ...process.env, MESOS_COMMAND_MODULE_NAME: module, MESOS_COMMAND_MODULE_CALL: id };
    try {
      this.#child = spawn(command, [], { detached: true, env, stdio: ['pipe', 'pipe', 'pipe'] });
    } catch (error) {
      throw this.#notExecuted(error as NodeJS.ErrnoException); // most errors arrive later, as an event
    }
    this.#marks = this.#child.pid === undefined ? undefined : marksOf(this.#child.pid, id);
    this.ready = this.#hello.promise;
    this.ended = new Promise(resolve => {
      this.#child.once('error', error => resolve(this.#notExecuted(error)));
      this.#child.once('exit', (code, signal) => resolve(this.#exited(code, signal)));
    });
    this.gone = this.ended.then(() => this.#killRest());
    this.#listen();
    this.write(`${JSON.stringify({ protocol, module })}\n`);
    for (const each of [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      (each as { unref?(): void }).unref?.(); // timers of calls keep the process running
    }
  }

  write(line: string): void {
    this.#child.stdin.write(line);
  }

  /** Kills it because it broke the protocol. */
  fail(why: string): void {
    if (this.#failing) return;
    this.#log.warning('Killing a co-process', { command: this.#command, why });
    this.#failing = this.#killRest();
  }

  /** Closes its standard input, so that it ends by itself. Resolves when it has ended or was killed. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.fail('it did not end after its standard input was closed'), endMs);
    await this.gone;
    clearTimeout(timer);
  }

  async #killRest(): Promise<void> {
    await (this.#failing ?? (this.#marks && killMarked(this.#marks)));
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.#child;
    stdin.on('error', () => {}); // `ended` has the reason
    stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    logOutput(stderr, (text, characters) => this.#log.info('A co-process wrote', { text, characters }));
  }

  #read(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line.push(text.slice(start, end));
      const line = this.#line.join('');
      this.#line = [];
      this.#lineLength = 0;
      start = end + 1;
      if (line.trim() !== '' && !this.#failing) this.#take(line);
    }
    const rest = text.slice(start);
    this.#line.push(rest);
    this.#lineLength += rest.length;
    if (this.#lineLength <= maximumOutput) return;
    this.#line = [];
    this.#lineLength = 0;
    this.fail(`it sent a line of more than ${maximumOutput} characters`);
  }

  #take(line: string): void {
    let value: unknown;
    try {
      value = boundedJson(line);
    } catch (error) {
      const why = error instanceof DecodeError ? ` it can send: ${error.message}` : '';
      return this.fail(`it sent a line that is not JSON${why}`);
    }
    if (typeof value !== 'object' || value === null) return this.fail('it sent a line that is not a JSON object');
    if (this.#greeted) return this.#onAnswer(value as Json);
    if ((value as Json).protocol !== protocol) return this.fail(`its first line is not {"protocol":${protocol}}`);
    this.#greeted = true;
    this.#hello.resolve();
  }

  #notExecuted(error: NodeJS.ErrnoException): Error {
    return commandErrors.notExecuted(this.#command, describeErrno(-(error.errno ?? 0)));
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): Error {
    if (signal === null) return commandErrors.returned(this.#command, code ?? 0, '');
    return commandErrors.signaled(this.#command, constants.signals[signal], '');
  }
}
