import type { ServerResponse } from 'node:http';
import type { StreamBody } from './response.ts';

const DEFAULT_LIMIT_BYTES = 8 * 1024 * 1024;
/** Records from this size on are not copied. */
const LARGE_BYTES = 32 * 1024;
const LINE_END = Buffer.from('\r\n');

/**
 * Why a stream ended: by `close()`, by the client going away, or because the client does not read: more than the limit
 * is queued, or nothing moved for the server's stall time-out.
 */
export type CloseReason = 'closed' | 'disconnected' | 'overflow';

/**
 * A stream of records from server to client: the body of a SUBSCRIBE response. Records are sent as given (frame them
 * with `encodeRecord` once, and give the same buffer to all streams), each in an HTTP chunk of its own, as Mesos does;
 * those of one turn of the loop leave in one write.
 *
 * ```text
 * waiting ──attach──▶ open ──close()──▶ closed
 *    └── records queue ──┴── disconnect, overflow ──▶ closed
 * ```
 */
export class EventStream implements StreamBody {
  readonly #limitBytes: number;
  readonly #listeners: ((reason: CloseReason) => void)[] = [];
  #queue: Buffer[] = [];
  #queueBytes = 0;
  #flushing = false;
  /** The client reads slower than records come; they wait here, where streams share them. */
  #blocked = false;
  #stallMs = 0;
  #response: ServerResponse | undefined;
  #reason: CloseReason | undefined;

  /**
   * @param options.limitBytes how much may wait for the client. One record may exceed it: the first event of a large
   *   cluster has to get through, so a record is refused only when more than this is waiting already.
   */
  constructor(options: { limitBytes?: number } = {}) {
    this.#limitBytes = options.limitBytes ?? DEFAULT_LIMIT_BYTES;
  }

  /** Why the stream ended; undefined while it is open. */
  get closed(): CloseReason | undefined {
    return this.#reason;
  }

  /** Bytes which have not left the process yet. */
  get queuedBytes(): number {
    return this.#queueBytes + (this.#response?.writableLength ?? 0);
  }

  /** Runs once when the stream ends, for whatever reason; at once when it has ended. */
  onClose(listener: (reason: CloseReason) => void): void {
    if (this.#reason !== undefined) listener(this.#reason);
    else this.#listeners.push(listener);
  }

  /** Queues one framed record; false when the stream is closed, or closes now because too much is waiting. */
  send(record: Buffer | string): boolean {
    if (this.#reason !== undefined) return false;
    if (this.queuedBytes > this.#limitBytes) {
      this.#end('overflow');
      return false;
    }
    const bytes = typeof record === 'string' ? Buffer.from(record) : record;
    this.#queue.push(bytes);
    this.#queueBytes += bytes.length;
    if (this.#response && !this.#flushing && !this.#blocked) {
      this.#flushing = true;
      setImmediate(() => this.#flush());
    }
    return true;
  }

  /** Ends the stream after what is queued. */
  close(): void {
    this.#end('closed');
  }

  attach(response: ServerResponse, stallMs: number): void {
    this.#response = response;
    this.#stallMs = stallMs;
    if (response.destroyed) this.#end('disconnected');
    if (this.#reason !== undefined) return this.#finish(this.#reason);
    response.socket?.setTimeout(0);
    response.on('close', () => this.#end('disconnected'));
    response.on('timeout', () => {
      this.#end('overflow');
      response.destroy(); // also when closed, with a rest which nobody reads
    });
    this.#flush();
  }

  #flush(): void {
    this.#flushing = false;
    const response = this.#response;
    if (!response || response.destroyed || this.#queue.length === 0) return;
    const records = this.#queue;
    this.#queue = [];
    this.#queueBytes = 0;
    const { socket } = response;
    // It is another response's turn on this connection yet, or an HTTP/1.0 client's, which knows no chunks.
    if (!socket || !response.chunkedEncoding) {
      for (const record of records) response.write(record);
      return;
    }
    let room = true;
    socket.cork();
    for (const part of chunks(records)) room = socket.write(part);
    socket.uncork();
    if (room || this.#blocked) return;
    this.#blocked = true;
    // The socket's timer restarts as long as bytes move, so a slow reader is not taken for a stalled one.
    socket.setTimeout(this.#stallMs);
    socket.once('drain', () => {
      this.#blocked = false;
      if (this.#reason !== undefined) return;
      socket.setTimeout(0);
      this.#flush();
    });
  }

  #end(reason: CloseReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#finish(reason);
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }

  #finish(reason: CloseReason): void {
    const response = this.#response;
    if (!response) return;
    if (reason === 'closed') {
      this.#flush();
      response.end();
      response.socket?.setTimeout(this.#stallMs); // a client which does not read the rest is cut off
    } else {
      response.destroy();
    }
    this.#queue = [];
    this.#queueBytes = 0;
  }
}

/**
 * Each record as a chunk: there are clients which take a chunk for an event. Made here, because Node makes three writes
 * of each; small records are copied together, which costs less than a write.
 */
function* chunks(records: readonly Buffer[]): Generator<Buffer> {
  let together: Buffer[] = [];
  for (const record of records) {
    together.push(Buffer.from(`${record.length.toString(16)}\r\n`, 'latin1'));
    if (record.length < LARGE_BYTES) {
      together.push(record, LINE_END);
    } else {
      yield Buffer.concat(together);
      yield record;
      together = [LINE_END];
    }
  }
  yield Buffer.concat(together);
}
