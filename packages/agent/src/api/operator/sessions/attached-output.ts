import type { ServerResponse } from 'node:http';
import type { ContainerIO, OutputAttachment, OutputReader } from '@meseta/containers';
import { type Answer, type BodyType, PROTOBUF_TYPE, RECORDIO_TYPE, type StreamBody } from '@meseta/process';
import { AgentProcessIO, encode, encodeRecord } from '@meseta/protocol';
import { type Clock, every } from '@meseta/system';

/** A client that is not waited for is disconnected when it has so much yet to read. */
const mostBehindBytes = 8 * 1024 * 1024;
const nanosecondsPerMillisecond = 1e6;

/** From this size on, records are written into buffers that are used again: new ones would be most of the work, as garbage. */
const largeBytes = 4096;
/** The most that is read from a container at once. */
const pieceBytes = 64 * 1024;
/** Room for such a piece as base64, with what is around it. */
const recordBytes = Math.ceil(pieceBytes / 3) * 4 + 256;
const sparesKept = 4;

/** What a stream of output needs. */
export interface AttachedOutputOptions {
  readonly io: ContainerIO;
  /** How the client wants its messages. */
  readonly accept: BodyType;
  /** Time between heartbeats, in milliseconds. */
  readonly heartbeatMs: number;
  readonly clock: Clock;
  /** The stream does not end before this, also when there is no more output. Absent: it ends with the output. */
  readonly until?: Promise<unknown> | undefined;
}

/**
 * The output of a container as the body of a response: messages ProcessIO, with heartbeats.
 *
 * A session waits for the client that has launched it, however slowly that reads. Other clients, and all of a container whose
 * output goes to a file as well, are disconnected when they fall too far behind.
 */
export class AttachedOutput implements StreamBody, OutputReader {
  readonly #options: AttachedOutputOptions;
  readonly #closed = Promise.withResolvers<void>();
  #response: ServerResponse | undefined;
  #attachment: OutputAttachment | undefined;
  #stopHeartbeats: (() => void) | undefined;
  /** What large records are written into, when the one before has been sent. */
  readonly #spare: Buffer[] = [];

  constructor(options: AttachedOutputOptions) {
    this.#options = options;
  }

  /** Resolves when the stream is over: the container's output has ended and is sent, or the client is gone. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The response that it is the body of. */
  get answer(): Answer {
    const { message, streaming } = this.#options.accept;
    const headers: Record<string, string> = streaming
      ? { 'Content-Type': RECORDIO_TYPE, 'Message-Content-Type': message }
      : { 'Content-Type': message };
    return { status: 200, headers, body: this };
  }

  attach(response: ServerResponse): void {
    const { io, clock, heartbeatMs } = this.#options;
    this.#response = response;
    if (response.destroyed) return this.#close();
    response.socket?.setTimeout(0); // a client may read nothing for long
    response.on('close', () => this.#close());
    response.on('drain', () => this.#attachment?.resume());
    this.#stopHeartbeats = every(clock, heartbeatMs, () => this.#heartbeat());
    this.#attachment = io.read(this);
    if (response.destroyed) this.#close();
  }

  take(stream: 'stdout' | 'stderr', data: Buffer): boolean {
    const response = this.#response;
    if (!response || response.destroyed) return true;
    const hasRoom = this.#send(response, stream === 'stdout' ? 'STDOUT' : 'STDERR', data);
    if (response.writableLength > mostBehindBytes) response.destroy();
    return hasRoom || response.destroyed;
  }

  end(how: 'complete' | 'lost'): void {
    const { until } = this.#options;
    if (how === 'lost') this.#response?.destroy();
    else if (until === undefined) this.#complete();
    else
      until.then(
        () => this.#complete(),
        () => this.#complete(),
      );
  }

  #complete(): void {
    this.#stopHeartbeats?.();
    this.#response?.end();
  }

  /** The server is closing. */
  close(): void {
    this.#response?.destroy();
  }

  #heartbeat(): void {
    const response = this.#response;
    if (!response || response.writableLength > 0) return; // what waits to be sent shows as well that we are there
    const nanoseconds = this.#options.heartbeatMs * nanosecondsPerMillisecond;
    response.write(
      this.#record({ type: 'CONTROL', control: { type: 'HEARTBEAT', heartbeat: { interval: { nanoseconds } } } }),
    );
  }

  #send(response: ServerResponse, type: 'STDOUT' | 'STDERR', data: Buffer): boolean {
    const isOther = data.length < largeBytes || data.length > pieceBytes;
    if (isOther || this.#options.accept.message === PROTOBUF_TYPE)
      return response.write(this.#record({ type: 'DATA', data: { type, data: data.toString('base64') } }));
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(recordBytes);
    return response.write(buffer.subarray(0, writeDataRecord(buffer, type, data)), () => {
      if (this.#spare.length < sparesKept) this.#spare.push(buffer);
    });
  }

  #record(message: AgentProcessIO): Buffer {
    const { message: type } = this.#options.accept;
    return encodeRecord(type === PROTOBUF_TYPE ? encode(AgentProcessIO, message) : JSON.stringify(message));
  }

  #close(): void {
    this.#stopHeartbeats?.();
    this.#attachment?.detach();
    this.#closed.resolve();
  }
}

/** Writes the record of a message as JSON with its length in front. All of it is ASCII. @returns how many bytes it has. */
function writeDataRecord(buffer: Buffer, type: 'STDOUT' | 'STDERR', data: Buffer): number {
  const before = `{"type":"DATA","data":{"type":"${type}","data":"`;
  const after = '"}}';
  const length = before.length + Math.ceil(data.length / 3) * 4 + after.length;
  let end = buffer.write(`${length}\n${before}`, 'latin1');
  end += buffer.write(data.toString('base64'), end, 'latin1');
  return end + buffer.write(after, end, 'latin1');
}
