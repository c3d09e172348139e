/**
 * The terminal of a Docker container (`tty_info`), which the engine holds: a connection to its input and output. The output is in the
 * engine's log as well, so the container waits for no reader, and its terminal outlives the agent.
 */
import { type ContainerIO, InputClosedError, type OutputAttachment, type OutputReader } from '../container-io.ts';
import { OutputHub } from '../mesos/io/output-hub.ts';
import type { AttachedStream, DockerEngine } from './engine/docker-engine.ts';
import { TerminalSize } from './terminal-size.ts';

/** What it needs. */
export interface TaskTerminalOptions {
  readonly engine: DockerEngine;
  /** Its container's id in the engine. */
  readonly container: string;
  /** Tells, when there is no more output, whether the container has ended. Otherwise only the connection has. */
  readonly hasEnded: () => Promise<boolean>;
}

/** See the file's head. */
export class TaskTerminal implements ContainerIO {
  readonly isTerminal = true;
  readonly waits = false;
  readonly #stream: AttachedStream;
  readonly #hub = new OutputHub(false);
  readonly #size: TerminalSize;

  /** Connects to the terminal of a container; before its start, nothing of its output is missed. @throws {EngineError} */
  static async connect(options: TaskTerminalOptions): Promise<TaskTerminal> {
    const { engine, container } = options;
    return new TaskTerminal(await engine.containers.attach(container, { tty: true, stdin: true }), options);
  }

  private constructor(stream: AttachedStream, { engine, container, hasEnded }: TaskTerminalOptions) {
    this.#stream = stream;
    this.#size = new TerminalSize((rows, columns) => engine.containers.resize(container, rows, columns));
    void this.#pass(hasEnded);
  }

  /** Never rejects. */
  async #pass(hasEnded: () => Promise<boolean>): Promise<void> {
    try {
      for await (const { data } of this.#stream) this.#hub.take('stdout', data);
    } catch {
      // The engine is away: a broken connection of a terminal looks like its end, too.
    }
    this.#hub.end((await hasEnded()) ? 'complete' : 'lost');
  }

  get ended(): Promise<void> {
    return this.#hub.ended;
  }

  read(reader: OutputReader): OutputAttachment {
    return this.#hub.read(reader);
  }

  async write(data: Buffer): Promise<void> {
    try {
      await this.#stream.write(data);
    } catch (cause) {
      throw new InputClosedError('The terminal has ended', { cause });
    }
  }

  endInput(): void {
    // What a key is for: clients send the character that ends input (Ctrl-D).
  }

  resize(rows: number, columns: number): boolean {
    this.#size.change(rows, columns);
    return true;
  }

  /** Gives the connection up; the terminal goes on. Idempotent. */
  close(): void {
    this.#hub.end('lost');
    this.#stream.close();
  }
}
