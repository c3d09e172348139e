import type { Readable } from 'node:stream';
import { pump } from './sink.ts';
import type { SocketReader } from './socket-reader.ts';
import { StallError, StallWatch } from './stall-watch.ts';

/** With more bytes to come, a body is read past the HTTP client. With fewer, its connection is worth more: the next file needs it. */
const largeBytes = 1024 * 1024;

/** The body of a response. */
export interface Body {
  readonly stream: Readable;
  /** As the server says, which the HTTP client accepts only of a body that comes as it is. Undefined: it comes in chunks, or ends with its connection. */
  readonly bytes: number | undefined;
  /** What reads the socket; undefined behind a proxy. */
  readonly reader: SocketReader | undefined;
  /** A server that sends nothing for this time has stalled. */
  readonly stallTimeoutMs: number;
}

/** Takes a body: parts, and then pieces when it is large. */
export interface BodySink {
  /** Takes a part. @returns undefined, or what to wait for before the next part. */
  readonly take: (part: Buffer) => Promise<void> | undefined;
  /** Writes a piece, whose memory is used again afterwards. */
  readonly write: (piece: Buffer) => Promise<void>;
}

/**
 * Passes a body on: through the HTTP client what that has read already, and of a large body the rest past it. What has been read is
 * passed on, also when the connection breaks.
 *
 * @throws {StallError}, the error of the stream, or of the sink.
 */
export async function passBody(body: Body, sink: BodySink): Promise<void> {
  const { stream, reader } = body;
  const inClient = stream.readableLength + (reader?.waiting ?? 0);
  const bytes = (body.bytes ?? 0) - inClient;
  const watch = new StallWatch(body.stallTimeoutMs, () => stream.destroy(new StallError('Nothing came')));
  try {
    if (reader === undefined || bytes <= largeBytes) await passStream(stream, watch, sink);
    else await passRest({ stream, inClient, reader, bytes, watch }, sink);
  } finally {
    watch.close();
  }
}

function passStream(stream: Readable, watch: StallWatch, { take }: Pick<BodySink, 'take'>): Promise<void> {
  return pump(stream, part => {
    watch.reset();
    const full = take(part);
    return full && watch.hold(full);
  });
}

/** A large body that is under way. */
interface LargeBody {
  readonly stream: Readable;
  /** The bytes that come through the stream. */
  readonly inClient: number;
  readonly reader: SocketReader;
  /** The bytes behind those. */
  readonly bytes: number;
  readonly watch: StallWatch;
}

async function passRest({ stream, inClient, reader, bytes, watch }: LargeBody, sink: BodySink): Promise<void> {
  let passed = 0;
  const drained = Promise.withResolvers<void>();
  if (inClient === 0) drained.resolve();
  const ended = passStream(stream, watch, {
    take: part => {
      passed += part.length;
      const full = sink.take(part);
      if (passed === inClient) Promise.resolve(full).then(drained.resolve, drained.reject);
      return full;
    },
  });
  const first = Promise.race([ended, drained.promise]);
  first.catch(() => undefined); // it is `ended` that is waited for
  const rest = reader.takeOver({
    bytes,
    onRead: () => watch.reset(),
    hold: work => watch.hold(work),
    write: piece => first.then(() => sink.write(piece)),
  });
  try {
    await Promise.race([ended, rest.complete]);
  } catch (error) {
    await rest.stop();
    if (!rest.isWhole) throw error; // servers may end the connection behind the body
  } finally {
    stream.destroy(); // the client waits for the rest
  }
  if (passed !== inClient) throw new Error(`The HTTP client passed on ${passed} bytes instead of ${inClient}`);
}
