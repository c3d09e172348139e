/** One SUBSCRIBE request: the master's events, in parts, until the stream ends. */
import { type RequestProblem, refusalIn } from '../requests/request.ts';
import { type PartSink, Splitter } from '../stream/splitter.ts';
import { turn } from './turn.ts';

/** How a subscription ended. */
export interface Ending {
  /** `moved`: another master leads. `closed`: the master has ended it in order. */
  readonly type: 'moved' | 'closed' | 'ended';
  readonly problem: RequestProblem;
  /** Milliseconds since the master accepted it; 0 when it did not. */
  readonly lasted: number;
}

/** What happens during a subscription. */
export interface SubscriptionEvents {
  /** The master has accepted it. The parts of the snapshot follow. */
  opened(): void;
  readonly part: PartSink;
  /** Bytes have arrived. */
  received(bytes: number): void;
  /** Fulfilled when more than the first piece is wanted. */
  readonly wanted: Promise<void>;
}

/** How long a request may be without an answer, and a stream without a heartbeat before the first says how often they come. */
const PATIENCE_MS = 35_000;
/** How long pieces are read in one turn, in milliseconds: a page that has just opened waits for its first rows. */
const SLICE_MS = 8;
/** How much is read at once, at most, in bytes. */
const PIECE = 128 * 1024;
/** Heartbeats that may be missing. */
const MISSED = 2;

const request = {
  method: 'POST',
  body: '{"type":"SUBSCRIBE"}',
  redirect: 'manual',
  credentials: 'same-origin',
} as const;
const closedWords =
  'The master ended the stream of events: it stops, or as many as it allows (--max_operator_event_stream_subscribers) have begun to watch since.';
const headers = { 'Content-Type': 'application/json', Accept: 'application/x-protobuf' };

/**
 * Subscribes to the master's events and reads them to the end. Never rejects.
 *
 * @param stop ends it early; no more events are passed on then.
 */
export async function subscribe(url: string, stop: AbortSignal, events: SubscriptionEvents): Promise<Ending> {
  const silence = new Silence();
  let openedAt: number | undefined;
  const ended = (problem: RequestProblem, type: Ending['type'] = 'ended'): Ending => ({
    type,
    problem,
    lasted: openedAt === undefined ? 0 : performance.now() - openedAt,
  });
  try {
    const response = await fetch(url, { ...request, headers, signal: AbortSignal.any([silence.signal, stop]) }).catch(
      lost,
    );
    if (response.type === 'opaqueredirect')
      return ended({ message: 'Another master leads.', code: 'NOT_LEADING' }, 'moved');
    if (!response.ok || response.body === null) {
      const { message, status, code } = await refusalIn(response);
      return ended({ message, status, code }); // plain data, as it is sent to pages
    }
    if (stop.aborted) return ended({ message: 'It begins anew.' });
    openedAt = performance.now();
    events.opened();
    const splitter = new Splitter((kind, bytes) => {
      if (kind === 'heartbeat interval') silence.expect(secondsOf(bytes) * 1000 * MISSED);
      events.part(kind, bytes);
    });
    for await (const piece of piecesOf(response.body)) {
      if (stop.aborted) break;
      silence.heard();
      events.received(piece.length);
      splitter.push(piece);
      await events.wanted;
    }
    if (!splitter.isBetweenRecords) return ended({ message: 'The connection to the master broke.' });
    return ended({ message: closedWords }, 'closed');
  } catch (error) {
    if (silence.isOver) return ended({ message: `The master has been silent for ${silence.ms / 1000} seconds.` });
    if (error instanceof ConnectionLostError) return ended({ message: error.message });
    return ended({
      message: `The master's events cannot be read: ${(error as Error).message}`,
      code: 'STREAM_MALFORMED',
    });
  } finally {
    silence.end();
  }
}

/** There is no connection to the master. Everything else that is thrown is about what it sent. */
class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
  readonly code = 'CONNECTION_LOST';
}

function lost(cause: unknown): never {
  throw new ConnectionLostError('The master cannot be reached.', { cause });
}

/** Aborts when nothing is heard for too long. */
class Silence {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  ms = PATIENCE_MS;
  isOver = false;

  constructor() {
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  expect(ms: number): void {
    this.ms = ms;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#controller.abort();
    }, this.ms);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}

function secondsOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
}

/** Yields the pieces of a body, with a turn for others in between: those that the browser has received already come without one. */
async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const read = readerOf(body);
  for (let turnAt = performance.now() + SLICE_MS; ; ) {
    const piece = await read().catch(lost);
    if (piece === undefined) return;
    yield piece;
    if (performance.now() < turnAt) continue;
    await turn();
    turnAt = performance.now() + SLICE_MS;
  }
}

/**
 * Returns what reads the next piece of a body; undefined: there is no more. A piece is valid until the next, as all are read into the
 * same memory: tens of megabytes of the first event would be garbage before the browser looks for any.
 */
function readerOf(body: ReadableStream<Uint8Array>): () => Promise<Uint8Array | undefined> {
  const reader = byteReaderOf(body);
  if (reader === undefined) {
    const usual = body.getReader();
    return async () => (await usual.read()).value;
  }
  let memory = new ArrayBuffer(PIECE);
  return async () => {
    const { value } = await reader.read(new Uint8Array(memory));
    if (value !== undefined) memory = value.buffer;
    return value?.length ? value : undefined;
  };
}

/** Not all browsers read bodies into memory that they are given. */
function byteReaderOf(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}
