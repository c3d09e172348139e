import type { OnReadOpts, Socket } from 'node:net';

/** What is read for the HTTP client at a time. */
const clientBytes = 64 * 1024;
/** What is read for a file before it is written: a write of less costs more for each byte. */
const pieceBytes = 512 * 1024;
/** The number of pieces that wait for the disk. While there are so many, the socket is not read. */
const maximumPieces = 2;

/** The rest of a body, which does not pass through the HTTP client. */
export interface Rest {
  /** Its length. */
  readonly bytes: number;
  /** Called when something was read. */
  readonly onRead: () => void;
  /** Called when the socket is left alone for the disk. @param work settles when it is read again. */
  readonly hold: (work: Promise<void>) => Promise<void>;
  /** Writes a piece. Its memory is used again afterwards. */
  readonly write: (piece: Buffer) => Promise<void>;
}

/**
 * Reads the socket of an HTTP connection: for the HTTP client at first, and the rest of a large body for a file.
 *
 * The client takes 64 KiB at a time, into new memory, which the kernel has to clear, and copies all of it into the memory of its
 * parser. For a large file that is half of the processor time of the download. But a body whose length is known is plain bytes up
 * to its end: once the client has parsed the head, the rest is read into a few large pieces of memory, which are written as they are
 * and used again. Meanwhile the client takes the connection for a silent one. It still notices when the connection breaks.
 */
export class SocketReader {
  readonly #clientMemory = Buffer.allocUnsafeSlow(clientBytes);
  #socket: Socket | undefined;
  #rest: RestReader | undefined;

  /** The option of the socket, by which what it receives comes here. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#rest?.memory ?? this.#clientMemory,
    callback: (bytes, memory) => this.#take(memory.subarray(0, bytes)),
  };

  /** @param socket was created with `onread`, and has received nothing. */
  attach(socket: Socket): void {
    this.#socket = socket;
  }

  /** The bytes that were read and that the client has not taken yet. */
  get waiting(): number {
    return this.#socket?.readableLength ?? 0;
  }

  /** Reads the rest of a body, from what comes next on. The client gets nothing any more, so the connection ends with the body. */
  takeOver(rest: Rest): RestReader {
    const readOn = () => void this.#socket?.resume();
    this.#rest = new RestReader(rest, readOn);
    readOn();
    return this.#rest;
  }

  /** @returns false to stop reading. */
  #take(part: Uint8Array): boolean {
    if (this.#rest !== undefined) return this.#rest.take(part);
    return this.#socket?.push(Buffer.from(part)) ?? false;
  }
}

/** Collects the rest of a body in pieces, and has them written one after another. */
export class RestReader {
  readonly #rest: Rest;
  readonly #readOn: () => void;
  readonly #complete = Promise.withResolvers<void>();
  /** Memory of pieces that were written. */
  readonly #free: Buffer[] = [];
  /** The writes that have not succeeded yet; each begins after the one before. */
  readonly #writes: Promise<void>[] = [];
  #piece: Buffer | undefined;
  #used = 0;
  #left: number;
  #stopped = false;

  /** @param readOn reads the socket again after `take` has returned false. */
  constructor(rest: Rest, readOn: () => void) {
    this.#rest = rest;
    this.#readOn = readOn;
    this.#left = rest.bytes;
    this.complete.catch(() => undefined); // its user may already have another error
  }

  /** Settles when everything is written. @throws what `write` throws. */
  get complete(): Promise<void> {
    return this.#complete.promise;
  }

  /** All of it was read, though perhaps not written. */
  get isWhole(): boolean {
    return this.#left === 0;
  }

  /** Where the next bytes belong, which no write is using; undefined when no more are wanted. */
  get memory(): Buffer | undefined {
    if (this.#left === 0 || this.#stopped) return undefined;
    this.#piece ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
    return this.#piece.subarray(this.#used, this.#used + this.#left);
  }

  /** Takes what was read, without what is behind the end. @returns false to stop reading; TLS passes on what it has all the same. */
  take(part: Uint8Array): boolean {
    const { memory } = this;
    if (memory === undefined) return false;
    const bytes = Math.min(part.length, memory.length);
    if (part.buffer !== memory.buffer) memory.set(part.subarray(0, bytes)); // it was still read for the client
    this.#used += bytes;
    this.#left -= bytes;
    this.#rest.onRead();
    if (this.#left === 0) this.stop().then(this.#complete.resolve, this.#complete.reject);
    else if (this.#used === pieceBytes) this.#write();
    return this.#left > 0 && this.#writes.length < maximumPieces;
  }

  /** Takes nothing more, and writes what has come. @throws what `write` throws. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#write();
    await this.#writes.at(-1);
  }

  #write(): void {
    const [piece, used] = [this.#piece, this.#used];
    if (piece === undefined || used === 0) return;
    [this.#piece, this.#used] = [undefined, 0];
    const write = this.#writeAfter(this.#writes.at(-1), piece, used);
    write.catch(this.#complete.reject);
    this.#writes.push(write);
    if (this.#writes.length === maximumPieces) this.#rest.hold(this.#catchUp()).then(this.#readOn, () => undefined);
  }

  async #writeAfter(before: Promise<void> | undefined, piece: Buffer, used: number): Promise<void> {
    await before;
    await this.#rest.write(piece.subarray(0, used));
    this.#free.push(piece);
    void this.#writes.shift();
  }

  async #catchUp(): Promise<void> {
    while (this.#writes.length >= maximumPieces) await this.#writes[0];
  }
}
