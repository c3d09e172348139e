/** Streams from the engine: iterable, closable, with typed errors. */
import type { Duplex, Readable } from 'node:stream';
import type { AttachedStream, EngineStream } from './docker-engine.ts';
import { EngineError } from './error.ts';
import { MalformedAnswer } from './fields.ts';
import { LineTooLong } from './json-lines.ts';
import { type OutputChunk, OutputDamaged, outputOf } from './output.ts';
import type { EngineRequest, EngineTransport } from './transport.ts';

/** The bytes of a stream as values. */
type Decode<T> = (source: Readable) => AsyncIterable<T>;

/**
 * Makes a stream of what a connection brings.
 *
 * @param request its action is in errors; its signal ends the stream with `CANCELLED`.
 */
export function engineStream<T>(
  transport: EngineTransport,
  source: Readable,
  decode: Decode<T>,
  request: EngineRequest,
): EngineStream<T> {
  const { signal } = request;
  let closed = false;
  const abort = () => source.destroy(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
  source.on('error', () => undefined); // who iterates gets it
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  source.once('close', () => signal?.removeEventListener('abort', abort));
  async function* values(): AsyncGenerator<T, void, undefined> {
    try {
      yield* decode(source);
    } catch (error) {
      if (closed) return;
      throw failureOf(transport, error, request);
    } finally {
      source.destroy();
    }
  }
  return {
    [Symbol.asyncIterator]: values,
    close: () => {
      closed = true;
      source.destroy();
    },
  };
}

/** Makes an attached stream of an upgraded connection. */
export function attachedStream(
  transport: EngineTransport,
  socket: Duplex,
  tty: boolean,
  request: EngineRequest,
): AttachedStream {
  const stream = engineStream<OutputChunk>(transport, socket, source => outputOf(source, tty), request);
  return {
    ...stream,
    write: data => writeTo(socket, data, error => transport.failure(error, request)),
    endInput: () => socket.end(),
  };
}

function writeTo(socket: Duplex, data: Uint8Array | string, failure: (error: unknown) => EngineError): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.write(data, error => {
    if (error) reject(failure(error));
    else resolve();
  });
  return promise;
}

function failureOf(transport: EngineTransport, error: unknown, request: EngineRequest): EngineError {
  const failure = (code: 'BROKEN' | 'UNEXPECTED' | 'TOO_LARGE') =>
    new EngineError(code, {
      action: request.action,
      endpoint: transport.where,
      problem: (error as Error).message,
      cause: error,
    });
  if (error instanceof OutputDamaged) return failure(error.brokeOff ? 'BROKEN' : 'UNEXPECTED');
  if (error instanceof LineTooLong) return failure('TOO_LARGE');
  if (error instanceof MalformedAnswer || error instanceof SyntaxError) return failure('UNEXPECTED');
  return transport.failure(error, request);
}
