import type { ServerResponse } from 'node:http';
import { type Backlog, type Debtor, sharedBacklog } from './backlog.ts';
import type { StreamBody } from './response.ts';

const DEFAULT_LIMIT_BYTES = 8 * 1024 * 1024;
/** Records from this size on are not copied. */
const LARGE_BYTES = 32 * 1024;
/** The number of bytes that are written at once. Whether they are sent shows that the client reads. */
const WRITE_BYTES = 1024 * 1024;
const LINE_END = Buffer.from('\r\n');

/**
 * Why a stream ended: by `close()`, by a disconnect of the client, or because the client does not read: nothing was read for the
 * server's stall time-out, or more than the limit is queued and the memory that all streams share is used up.
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
export class EventStream implements StreamBody, Debtor {
  /** The time at which the client last read from the stream. */
  lastReadMs = performance.now();
  #limitBytes: number;
  readonly #backlog: Backlog;
  readonly #listeners: ((reason: CloseReason) => void)[] = [];
  #queue: Buffer[] = [];
  #queueBytes = 0;
  #flushing = false;
  /** The client reads more slowly than records arrive; they wait here, where streams share them. */
  #blocked = false;
  #stallMs = 0;
  #response: ServerResponse | undefined;
  #reason: CloseReason | undefined;

  /**
   * @param options.limitBytes how much may wait for the client, whatever it does. One record may exceed it: the first
   *   event of a large cluster has to get through.
   * @param options.backlog room for more than that, shared with other streams. Default: that of the process.
   */
  constructor(options: { limitBytes?: number; backlog?: Backlog } = {}) {
    this.#limitBytes = options.limitBytes ?? DEFAULT_LIMIT_BYTES;
    this.#backlog = options.backlog ?? sharedBacklog;
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
    const excess = this.queuedBytes - this.#limitBytes;
    if (excess > 0) this.#backlog.set(this, excess);
    if (this.closed) return false;
    const bytes = typeof record === 'string' ? Buffer.from(record) : record;
    this.#queue.push(bytes);
    this.#queueBytes += bytes.length;
    if (this.#response && !this.#flushing && !this.#blocked) {
      this.#flushing = true;
      setImmediate(() => this.#flush());
    }
    return true;
  }

  /** Queues a record for which the limit is raised by its length: a part of what the client has to get first. @returns as {@link send}. */
  sendExtra(record: Buffer): boolean {
    this.#limitBytes += record.length;
    return this.send(record);
  }

  /** Ends the stream because its client does not read. */
  overflow(): void {
    this.#end('overflow');
  }

  /** Ends the stream after the queued records. */
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
      response.destroy(); // also when it was closed and the client does not read the rest
    });
    this.#flush();
  }

  /** @param everything also what the client cannot read yet, because nothing follows. */
  #flush(everything = false): void {
    this.#flushing = false;
    const response = this.#response;
    if (!response || response.destroyed || this.#queue.length === 0) return;
    const { socket } = response;
    // Another response is sent first on this connection, or the client uses HTTP/1.0 and does not know chunks.
    if (!socket || !response.chunkedEncoding) {
      for (const record of this.#take(Number.POSITIVE_INFINITY)) response.write(record);
      return;
    }
    let room = true;
    while ((room || everything) && this.#queue.length > 0) {
      socket.cork();
      for (const part of chunks(this.#take(WRITE_BYTES))) room = socket.write(part);
      socket.uncork();
    }
    if (room || this.#blocked) return;
    this.#blocked = true;
    // The socket's timer restarts as long as bytes move, so a slow reader is not taken for a stalled one.
    socket.setTimeout(this.#stallMs);
    socket.once('drain', () => {
      this.#blocked = false;
      this.lastReadMs = performance.now();
      if (this.#reason !== undefined) return;
      socket.setTimeout(0);
      this.#flush();
      this.#backlog.set(this, Math.max(0, this.queuedBytes - this.#limitBytes));
    });
  }

  /** Takes records from the queue up to this number of bytes. */
  #take(bytes: number): Buffer[] {
    let count = 0;
    let size = 0;
    for (; count < this.#queue.length && size < bytes; count++) size += this.#queue[count]?.length ?? 0;
    this.#queueBytes -= size;
    if (count === this.#queue.length) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    return this.#queue.splice(0, count);
  }

  #end(reason: CloseReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#backlog.set(this, 0);
    this.#finish(reason);
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }

  #finish(reason: CloseReason): void {
    const response = this.#response;
    if (!response) return;
    if (reason === 'closed') {
      this.#flush(true);
      response.end();
      response.socket?.setTimeout(this.#stallMs); // a client that does not read the rest is disconnected
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
