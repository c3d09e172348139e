import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import {
  type ContainerIO,
  InputClosedError,
  type OutputAttachment,
  type OutputReader,
  type OutputStream,
} from '../../container-io.ts';
import { OutputHub } from './output-hub.ts';

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/**
 * What was read last, of any container: readers take it at once. A buffer for each read would cost more than the read, because
 * all of them are garbage. A FIFO has no more than 64 KiB.
 */
const pieceRead = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Input and output of a container as three FIFOs, whose other ends the agent has open. They end with the agent: a program
 * that writes to them then is told so, and one that reads sees the end.
 */
export class PipeIO implements ContainerIO {
  readonly isTerminal = false;
  readonly waits = true;
  readonly paths: Readonly<Record<'stdin' | OutputStream, string>>;
  readonly #hub = new OutputHub(true);
  readonly #outputs: Socket[] = [];
  #input: Socket | undefined;
  /** Ends that are open in both directions, so that none of them ends before the container has opened it. */
  #keeping: number[] = [];
  #inputProblem: Error | undefined;

  /** @param directory in which the launch makes them. */
  constructor(directory: string) {
    this.paths = {
      stdin: join(directory, 'stdin'),
      stdout: join(directory, 'stdout'),
      stderr: join(directory, 'stderr'),
    };
  }

  get ended(): Promise<void> {
    return this.#hub.ended;
  }

  /** Opens them. The launch has made them, and its program does not run yet. */
  open(): void {
    const { stdin, stdout, stderr } = this.paths;
    this.#keeping = [stdin, stdout, stderr].map(path => openSync(path, O_RDWR | O_NONBLOCK));
    for (const [stream, path] of [['stdout', stdout] as const, ['stderr', stderr] as const]) {
      const fd = openSync(path, O_RDONLY | O_NONBLOCK);
      const callback = (bytes: number) => {
        this.#hub.take(stream, pieceRead.subarray(0, bytes));
        return true;
      };
      const output = new Socket({ fd, readable: true, writable: false, onread: { buffer: pieceRead, callback } });
      this.#outputs.push(output);
      output.on('error', () => undefined); // its end is all there is to tell
      output.on('close', () => this.#hub.endOf(output));
    }
    for (const output of this.#outputs) this.#hub.add(output);
    this.#input = new Socket({ fd: openSync(stdin, O_WRONLY | O_NONBLOCK), readable: false, writable: true });
    this.#input.on('error', error => {
      this.#inputProblem ??= error;
    });
    void this.#hub.ended.then(() => this.#input?.destroy());
  }

  /** The container has opened its ends, or never will: from now on they end with its processes. */
  launched(): void {
    for (const fd of this.#keeping.splice(0)) closeSync(fd);
  }

  /** Gives them up, with what has not been read. */
  close(): void {
    this.launched();
    for (const output of this.#outputs) output.destroy();
    this.#input?.destroy();
    this.#hub.end('lost');
  }

  read(reader: OutputReader): OutputAttachment {
    return this.#hub.read(reader);
  }

  write(data: Buffer): Promise<void> {
    const input = this.#input;
    const closed = () => new InputClosedError('Broken pipe', { cause: this.#inputProblem });
    if (!input || input.destroyed || input.writableEnded) return Promise.reject(closed());
    return new Promise((resolve, reject) => input.write(data, error => (error ? reject(closed()) : resolve())));
  }

  endInput(): void {
    this.#input?.end();
  }

  resize(): boolean {
    return false;
  }
}
