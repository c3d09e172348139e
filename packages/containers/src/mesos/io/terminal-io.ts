import type { Socket } from 'node:net';
import { type ContainerIO, InputClosedError, type OutputAttachment, type OutputReader } from '../../container-io.ts';
import { connectToHelper } from './helper-socket.ts';
import { OutputHub } from './output-hub.ts';

const headBytes = 5;

/** Frames of `terminal.pl`. */
function frame(letter: 'd' | 'w', data: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.write(letter, 'latin1');
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

/** How much is written at once: the process of the terminal holds as much. */
const pieceBytes = 32 * 1024;

/** Input and output of a container that are a terminal, through the process that holds it (`terminal.pl`). */
export class TerminalIO implements ContainerIO {
  readonly isTerminal = true;
  readonly #hub: OutputHub;
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #said = false;

  /**
   * Connects to the process of a terminal.
   *
   * @param directory of the process, which has its socket.
   * @param waits as in `ContainerIO`.
   * @throws {NodeJS.ErrnoException} it has ended.
   */
  static connect(directory: string, waits: boolean): Promise<TerminalIO> {
    return connectToHelper(directory).then(socket => new TerminalIO(socket, waits));
  }

  private constructor(socket: Socket, waits: boolean) {
    this.#socket = socket;
    this.#hub = new OutputHub(waits);
    socket.on('data', (data: Buffer) => this.#receive(data));
    socket.on('error', () => undefined); // its end is all there is to tell
    socket.on('close', () => this.#hub.end('lost'));
    this.#hub.add(socket);
  }

  get waits(): boolean {
    return this.#hub.waits;
  }

  get ended(): Promise<void> {
    return this.#hub.ended;
  }

  /** The terminal ended because no process had it open. False after `ended`: only the connection did. */
  get endedByItself(): boolean {
    return this.#said;
  }

  /** Gives the terminal up; its process goes on, if its container's output goes to a file, too. */
  close(): void {
    this.#said = true;
    this.#socket.destroy();
    this.#hub.end('lost');
  }

  read(reader: OutputReader): OutputAttachment {
    return this.#hub.read(reader);
  }

  async write(data: Buffer): Promise<void> {
    for (let start = 0; start < data.length; start += pieceBytes) {
      await this.#send(frame('d', data.subarray(start, start + pieceBytes)));
    }
  }

  #send(bytes: Buffer): Promise<void> {
    if (this.#socket.destroyed) return Promise.reject(new InputClosedError('The terminal has ended'));
    return new Promise((resolve, reject) =>
      this.#socket.write(bytes, cause =>
        cause ? reject(new InputClosedError('The terminal has ended', { cause })) : resolve(),
      ),
    );
  }

  endInput(): void {
    // What a key is for: clients send the character that ends input (Ctrl-D).
  }

  resize(rows: number, columns: number): boolean {
    const size = Buffer.alloc(4);
    size.writeUInt16BE(Math.min(rows, 0xffff), 0);
    size.writeUInt16BE(Math.min(columns, 0xffff), 2);
    this.#send(frame('w', size)).catch(() => undefined); // it has ended
    return true;
  }

  #receive(data: Buffer): void {
    let rest = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
    while (rest.length >= headBytes) {
      const length = rest.readUInt32BE(1);
      if (rest.length < headBytes + length) break;
      const letter = String.fromCharCode(rest[0]!);
      if (letter === 'o') this.#hub.take('stdout', rest.subarray(headBytes, headBytes + length));
      else if (letter === 'e') this.#end();
      rest = rest.subarray(headBytes + length);
    }
    this.#received = rest;
  }

  #end(): void {
    this.#said = true;
    this.#hub.end('complete');
    this.#socket.end();
  }
}
