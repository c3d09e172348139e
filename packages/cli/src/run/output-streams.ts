import type { FileSource } from '../sandbox/file-source.ts';
import { follow } from '../sandbox/follow.ts';
import type { OutputPrinter } from './reporter.ts';

/** Follows both output files of a task from their first byte to their end. */
export class OutputStreams {
  readonly #source: FileSource;
  readonly #sandbox: string;
  readonly #reporter: OutputPrinter;
  #hidden: string | undefined;
  #following: Promise<unknown> | undefined;
  #ended = false;
  #stopped = false;

  /**
   * @param source closed by `close`.
   * @param sandbox a virtual path.
   * @param hidden a line of the fetcher on standard error that concerns a file which the user did not ask for.
   */
  constructor(source: FileSource, sandbox: string, reporter: OutputPrinter, hidden?: string) {
    this.#hidden = hidden;
    this.#source = source;
    this.#sandbox = sandbox;
    this.#reporter = reporter;
  }

  start(): void {
    this.#following ??= Promise.all((['stdout', 'stderr'] as const).map(stream => this.#follow(stream)));
  }

  /** Prints the rest. To be called when the task has ended. */
  async finish(): Promise<void> {
    this.#ended = true;
    this.start();
    await this.#following;
  }

  /** Skips the rest. */
  stop(): void {
    this.#stopped = true;
  }

  /** Stops printing. */
  close(): Promise<void> {
    this.#stopped = true;
    return this.#source.close();
  }

  /** Removes the hidden line, which the fetcher writes at once. */
  #shown(data: Buffer): Buffer {
    const hidden = this.#hidden ?? '';
    const at = hidden === '' ? -1 : data.indexOf(hidden);
    if (at < 0) return data;
    this.#hidden = undefined;
    return Buffer.concat([data.subarray(0, at), data.subarray(at + hidden.length)]);
  }

  async #follow(stream: 'stdout' | 'stderr'): Promise<void> {
    const reporter = this.#reporter;
    try {
      await follow({
        source: this.#source,
        path: `${this.#sandbox}/${stream}`,
        write: data => reporter.output(stream, stream === 'stderr' ? this.#shown(data) : data),
        ended: () => this.#ended,
        stopped: () => this.#stopped,
        away: cause => reporter.note(`cannot read ${stream} at present, waiting for the agent: ${messageOf(cause)}`),
      });
      await reporter.end?.(stream);
    } catch (error) {
      // the task runs on, and its end is still reported
      reporter.problem(`cannot follow ${stream}: ${messageOf(error)}`);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
