import type { Clock } from '@meseta/system';
import { type ContainerIO, InputClosedError, type OutputAttachment, type OutputReader } from '../container-io.ts';
import { OutputHub } from '../mesos/io/output-hub.ts';
import type { AttachedStream } from './engine/docker-engine.ts';
import { TerminalSize } from './terminal-size.ts';

/** What the engine says in place of a program that cannot be started; it says it as if that were the program's output. */
const notStarted = /^(OCI runtime exec failed: |unable to find user )/;
/** How long a client may read nothing until it is looked whether the container is still there. */
const stalledMs = 1000;
/** It is looked less and less often. */
const longestStalledMs = 5000;

/** What it needs. */
export interface ExecIOOptions {
  readonly stream: AttachedStream;
  readonly clock: Clock;
  /** Sets the size of its terminal; undefined: it has none. */
  readonly setSize: ((rows: number, columns: number) => Promise<void>) | undefined;
  /** Tells whether the container has ended, although the engine may not know. */
  readonly isOver: () => Promise<boolean>;
}

/** Lets a loop go on, or not. */
class Gate {
  #opening = Promise.withResolvers<void>();
  #isOpen = false;

  pause(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#opening = Promise.withResolvers<void>();
  }

  resume(): void {
    this.#isOpen = true;
    this.#opening.resolve();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get opened(): Promise<void> {
    return this.#opening.promise;
  }
}

/**
 * Input and output of a command that a client runs in a Docker container: a connection to the engine, which is read as long as
 * the client wants more. The engine makes the command wait meanwhile.
 */
export class ExecIO implements ContainerIO {
  readonly isTerminal: boolean;
  readonly waits = true;
  readonly #stream: AttachedStream;
  readonly #options: ExecIOOptions;
  readonly #hub = new OutputHub(true);
  readonly #gate = new Gate();
  /** Undefined: there is no terminal. */
  readonly #size: TerminalSize | undefined;
  #hasEnded = false;

  constructor(options: ExecIOOptions) {
    this.#options = options;
    this.#stream = options.stream;
    this.isTerminal = options.setSize !== undefined;
    this.#size = options.setSize && new TerminalSize(options.setSize);
    this.#hub.add({ pause: () => this.#gate.pause(), resume: () => this.#gate.resume() });
    void this.#hub.ended.then(() => {
      this.#hasEnded = true;
    });
  }

  get ended(): Promise<void> {
    return this.#hub.ended;
  }

  /** Passes the output on. Resolves at its end; never rejects. */
  async pass(): Promise<void> {
    let isFirst = true;
    try {
      await this.#untilWanted();
      for await (const { stream, data } of this.#stream) {
        const isProblem = isFirst && !this.isTerminal && notStarted.test(data.toString('latin1', 0, 64));
        isFirst = false;
        this.#hub.take(isProblem ? 'stderr' : stream, data);
        await this.#untilWanted();
      }
      this.#hub.end('complete');
    } catch {
      this.#hub.end('lost'); // the engine is away
    }
  }

  /**
   * Waits until the client wants more. An engine does not see the end of a container while output of a command in it is not read, so
   * that is not waited for then.
   */
  async #untilWanted(): Promise<void> {
    const { clock, isOver } = this.#options;
    for (let waitMs = stalledMs; !this.#gate.isOpen; waitMs = Math.min(2 * waitMs, longestStalledMs)) {
      const stalled = Promise.withResolvers<void>();
      const cancel = clock.after(waitMs, stalled.resolve);
      await Promise.race([this.#gate.opened, stalled.promise]);
      cancel();
      if (!this.#gate.isOpen && (await isOver())) this.close();
    }
  }

  /** Gives it up, with what has not been read. Idempotent. */
  close(): void {
    this.#hub.end('lost');
    this.#stream.close();
    this.#gate.resume();
  }

  read(reader: OutputReader): OutputAttachment {
    return this.#hub.read(reader);
  }

  async write(data: Buffer): Promise<void> {
    if (this.#hasEnded) return;
    try {
      await this.#stream.write(data);
    } catch (cause) {
      throw new InputClosedError('Broken pipe', { cause });
    }
  }

  endInput(): void {
    if (!this.isTerminal) this.#stream.endInput();
  }

  resize(rows: number, columns: number): boolean {
    this.#size?.change(rows, columns);
    return this.isTerminal;
  }
}
