import { setTimeout as sleep } from 'node:timers/promises';
import { fromWaitStatus } from '@meseta/containers/shim';
import type { Logger } from '@meseta/telemetry';
import { commandErrors } from '../errors.ts';
import { describeErrno } from './errno.ts';
import { killMarked, marksOf } from './kill.ts';
import { redactWords } from './redact-input.ts';
import type { Answer, CommandCall, CommandRunner } from './runner.ts';
import { type CommandSpawner, type Ending, maximumOutput, type Running } from './spawner.ts';

/** How long to wait for the message that a killed command has ended, before its processes are looked for again. */
const pausesMs: readonly number[] = [20, 50, 100, 500, 1000];

/** White space, or a character with a meaning in a shell. */
const shellSyntax = /[\s;&|<>()$`"'*?[\]#~=%!{}\\]/;

/**
 * Runs a process for each call, as mesos-command-modules does. The calls of all modules of a daemon share one spawner.
 */
export class ForkRunner implements CommandRunner {
  readonly #module: string;
  readonly #spawner: CommandSpawner;
  readonly #log: Logger;
  readonly #kills = new Set<Promise<void>>();

  /** @param module the value of `module_name`. */
  constructor(module: string, spawner: CommandSpawner, log: Logger) {
    this.#module = module;
    this.#spawner = spawner;
    this.#log = log;
  }

  async run(call: CommandCall): Promise<Answer> {
    const { command, method, input, timeoutMs, signal } = call;
    if (signal?.aborted) throw commandErrors.discarded(command);
    const running = await this.#spawner.run({ argv: argvOf(command, method), method, module: this.#module, input });
    void running.ended.then(ending => this.#logWords(call, ending)); // also the output of commands that are killed
    const ending = await this.#endingOf(running, timeoutMs, signal);
    if (ending === 'discarded') throw commandErrors.discarded(command);
    if (ending === 'timed-out') throw commandErrors.timedOut(command);
    return { text: outputOf(command, ending) };
  }

  async close(): Promise<void> {
    await Promise.all(this.#kills);
  }

  /**
   * Waits for the end of a call. A time-out is reported when all processes of the command are gone; a discarded call at
   * once.
   */
  async #endingOf(
    running: Running,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Ending | 'timed-out' | 'discarded'> {
    const { promise, resolve } = Promise.withResolvers<'timed-out' | 'discarded'>();
    const timer = setTimeout(resolve, timeoutMs, 'timed-out');
    const discard = () => resolve('discarded');
    signal?.addEventListener('abort', discard, { once: true });
    if (signal?.aborted) discard(); // while the command was being started
    const first = await Promise.race([running.ended, promise]);
    clearTimeout(timer);
    signal?.removeEventListener('abort', discard);
    if (typeof first !== 'string' && first.type !== 'lost') return first;
    const killed = this.#kill(running);
    if (first !== 'discarded') await killed;
    return first;
  }

  #kill(running: Running): Promise<void> {
    const kill = async () => {
      const pid = await running.started;
      if (pid === undefined) return;
      const ended = running.ended.then(() => true);
      // A child that has not come as far as its own session yet is not found: then once more.
      for (const pauseMs of pausesMs) {
        await killMarked(marksOf(pid, running.id));
        if (await Promise.race([ended, sleep(pauseMs, false)])) return;
      }
    };
    const killed = kill().finally(() => this.#kills.delete(killed));
    this.#kills.add(killed);
    return killed;
  }

  #logWords({ method, input }: CommandCall, ending: Ending): void {
    if (ending.type !== 'ended' || ending.log === '') return;
    const text = redactWords(ending.log.trimEnd(), JSON.parse(input));
    this.#log.info('A command wrote', { module: this.#module, method, text, bytes: ending.logBytes });
  }
}

/** The original gives `watch` to a shell: commands written for that keep working. */
function argvOf(command: string, method: string): readonly string[] {
  if (method !== 'watch' || !shellSyntax.test(command)) return [command];
  return ['/bin/sh', '-c', `${command} "$@"`, command];
}

function outputOf(command: string, ending: Ending): string {
  if (ending.type === 'lost') throw commandErrors.notExecuted(command, 'the process that runs commands was killed');
  if (ending.type === 'failed') {
    const why = describeErrno(ending.errno);
    throw commandErrors.notExecuted(command, ending.step === 'files' ? `its files could not be written: ${why}` : why);
  }
  const { waitStatus, output, error } = ending;
  const exit = fromWaitStatus(waitStatus);
  if (exit.kind === 'signaled') throw commandErrors.signaled(command, exit.signal, error);
  if (exit.code !== 0) throw commandErrors.returned(command, exit.code, error);
  if (output === undefined) throw commandErrors.tooLong(command, maximumOutput);
  return output;
}
