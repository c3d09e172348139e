import { type ContainerIO, InputClosedError, type OutputAttachment, type OutputReader } from '../container-io.ts';
import { OutputHub } from '../mesos/io/output-hub.ts';
import type { AttachedStream } from './engine/docker-engine.ts';

/** What the engine takes. */
const largestSize = 0xffff;

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
  readonly #setSize: (rows: number, columns: number) => Promise<void>;
  readonly #hub = new OutputHub(true);
  readonly #gate = new Gate();
  /** The size that the terminal is to have next. */
  #size: readonly [rows: number, columns: number] | undefined;
  #sizing = false;
  #hasEnded = false;

  /** @param setSize sets the size of its terminal; undefined: it has none. */
  constructor(stream: AttachedStream, setSize: ((rows: number, columns: number) => Promise<void>) | undefined) {
    this.#stream = stream;
    this.isTerminal = setSize !== undefined;
    this.#setSize = setSize ?? (() => Promise.resolve());
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
    try {
      await this.#gate.opened;
      for await (const { stream, data } of this.#stream) {
        this.#hub.take(stream, data);
        await this.#gate.opened;
      }
      this.#hub.end('complete');
    } catch {
      this.#hub.end('lost'); // the engine is away
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
    if (!this.isTerminal) return false;
    this.#size = [Math.min(rows, largestSize), Math.min(columns, largestSize)];
    if (!this.#sizing) void this.#resize();
    return true;
  }

  /** One at a time: a window that is dragged has many sizes, and the last one counts. */
  async #resize(): Promise<void> {
    this.#sizing = true;
    for (let size = this.#size; size !== undefined; size = this.#size) {
      this.#size = undefined;
      await this.#setSize(...size).catch(() => undefined); // it has ended, or is told the next one
    }
    this.#sizing = false;
  }
}
