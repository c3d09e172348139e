/** Handles the user's requests to end a run: Ctrl-C, SIGTERM, a closed terminal, or a closed reader of the output. */
import { systemProblem } from '@meseta/system/system-problem';
import { leaveWithReader } from '../output.ts';
import type { Reporter } from './reporter.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Counts interrupts from the start of a run to the end of its clean-up, because a run that ended earlier would leave
 * its task behind. The first interrupt ends the task gracefully, the second kills it, the third ends the process
 * without clean-up.
 */
export class Interrupts {
  readonly #reporter: Reporter;
  readonly #signal = () => this.#interrupt();
  readonly #outputFailed = (error: Error) => this.#loseOutput(error as NodeJS.ErrnoException);
  #times = 0;
  #listener: ((times: number) => void) | undefined;
  #outputError: NodeJS.ErrnoException | undefined;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
    for (const signal of signals) process.on(signal, this.#signal);
    process.stdout.off('error', leaveWithReader).on('error', this.#outputFailed);
  }

  /** The reason why the output could not be written; undefined when its reader was closed. */
  get outputError(): Error | undefined {
    return this.#outputError?.code === 'EPIPE' ? undefined : this.#outputError;
  }

  /**
   * Calls back with 1 at the first interrupt, even if that was earlier, and with 2 at the second. @returns a function
   * that ends the callbacks.
   */
  listen(listener: (times: number) => void): () => void {
    this.#listener = listener;
    if (this.#times > 0) listener(this.#times);
    return () => {
      this.#listener = undefined;
    };
  }

  close(): void {
    for (const signal of signals) process.off(signal, this.#signal);
    process.stdout.off('error', this.#outputFailed).on('error', leaveWithReader);
  }

  #interrupt(): void {
    this.#times++;
    if (this.#times > 2) process.exit(130);
    this.#listener?.(this.#times);
  }

  #loseOutput(error: NodeJS.ErrnoException): void {
    if (this.#outputError) return;
    this.#outputError = error;
    if (error.code !== 'EPIPE') this.#reporter.problem(`cannot write the output: ${systemProblem(error)}`);
    if (this.#times === 0) this.#interrupt();
  }
}
