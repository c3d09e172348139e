import { createGzip, type Gzip } from 'node:zlib';
import { excerpt } from '@meseta/protocol';
import { Slice } from '@meseta/system';
import { acceptsGzip } from './accept.ts';
import type { HttpError } from './error.ts';
import { ERROR_HEADER, FAILURES, type FailureCode } from './failures.ts';
import { STATUS_CODES } from './node-http.ts';
import type { Request } from './request.ts';
import type { Answer, AnswerStatus, Failure, Piece, Response, ResponseHeaders } from './response.ts';

const GZIP_LEVEL = 1;
const PIECE_LENGTH = 64 * 1024;

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };

/** Returns an answer of plain text. */
export function text(status: AnswerStatus, body: string): Answer {
  return { status, headers: TEXT, body };
}

/**
 * Refuses a request, or says that it failed, in plain text: by default the status in words as libprocess does,
 * `404 Not Found.` Messages quote what clients sent: a long one is shown by its beginning and end.
 */
export function failure(code: FailureCode, message?: string, headers: ResponseHeaders = {}): Failure {
  const { status } = FAILURES[code];
  const body = excerpt(message ?? `${status} ${STATUS_CODES[status]}.`);
  return { status, headers: { ...TEXT, ...headers, [ERROR_HEADER]: code }, body };
}

/** Returns the failure that corresponds to an error. */
export function failureOf({ code, message }: HttpError, headers?: ResponseHeaders): Failure {
  return failure(code, message, headers);
}

/** Returns an answer without a body: 202 for calls accepted for processing, 200 for health checks. */
export function empty(status: AnswerStatus, headers: ResponseHeaders = {}): Answer {
  return { status, headers, body: '' };
}

/** Returns an answer of bytes of a given type, for protobuf messages and files. */
export function bytes(type: string, body: Piece): Answer {
  return { status: 200, headers: { 'Content-Type': type }, body };
}

/** Returns a 405 with libprocess's words and the Allow header. */
export function methodNotAllowed(allowed: readonly string[], received: string): Response {
  const expected = allowed.map(method => `'${method}'`).join(', ');
  return failure(
    'METHOD_NOT_ALLOWED',
    `405 Method Not Allowed. Expecting one of { ${expected} }, but received '${received}'.`,
    {
      Allow: allowed.join(', '),
    },
  );
}

/**
 * Returns a value as JSON, wrapped into a call when the request has `?jsonp=fn`. Encodes in one go: for views which may
 * grow large use {@link pieces}.
 */
export function json(value: unknown, request?: Request): Response {
  const wrap = jsonp(request);
  return wrap.refusal ?? { status: 200, headers: wrap.headers, body: wrap.before + JSON.stringify(value) + wrap.after };
}

/**
 * Returns a JSON body that is produced piece by piece. Small pieces are joined, the event loop gets its turn every few
 * milliseconds, and nothing more is produced while the client does not read. Compressed when the client accepts it. A
 * generator that fails before its first 64 KiB becomes a 500; later the connection is broken off.
 *
 * @param source a fresh iterable; its `return` runs when the client goes away.
 */
export function pieces(source: Iterable<string> | AsyncIterable<string>, request: Request): Response {
  const wrap = jsonp(request);
  if (wrap.refusal) return wrap.refusal;
  const plain = paced(source, wrap.before, wrap.after);
  if (!acceptsGzip(request.headers['accept-encoding'])) return { status: 200, headers: wrap.headers, body: plain };
  return { status: 200, headers: { ...wrap.headers, 'Content-Encoding': 'gzip' }, body: compressed(plain) };
}

async function* paced(source: Iterable<string> | AsyncIterable<string>, before: string, after: string) {
  let joined = before;
  const slice = new Slice();
  // An awaited step per piece would cost more than the piece, so plain iterables are not awaited.
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  try {
    for (;;) {
      const step = iterator.next();
      const { done, value } = step instanceof Promise ? await step : step;
      if (done) break;
      joined += value;
      if (joined.length >= PIECE_LENGTH) {
        yield joined;
        joined = '';
      }
      if (slice.isOver) await slice.giveWay();
    }
    yield joined + after;
  } finally {
    await iterator.return?.();
  }
}

async function* compressed(plain: AsyncIterable<string>): AsyncGenerator<Buffer> {
  const gzip = createGzip({ level: GZIP_LEVEL });
  const feed = async () => {
    for await (const piece of plain) {
      if (gzip.destroyed) return;
      if (!gzip.write(piece)) await drained(gzip);
    }
    gzip.end();
  };
  const feeding = feed().catch((error: Error) => gzip.destroy(error));
  try {
    yield* gzip;
  } finally {
    gzip.destroy();
    await feeding;
  }
}

/** Waits until more may be written, or nothing ever will be. */
function drained(gzip: Gzip): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      gzip.off('drain', done).off('close', done);
      resolve();
    };
    gzip.on('drain', done).on('close', done);
  });
}

interface Wrapping {
  readonly headers: Readonly<Record<string, string>>;
  readonly before: string;
  readonly after: string;
  readonly refusal?: Response;
}

const PLAIN: Wrapping = { headers: { 'Content-Type': 'application/json' }, before: '', after: '' };

function jsonp(request: Request | undefined): Wrapping {
  const name = request?.url.includes('jsonp=') ? request.query.get('jsonp') : null;
  if (!name) return PLAIN;
  // The name is executed by the page that asked: only a reference to a function is let through.
  if (!/^[A-Za-z_$][\w$.[\]]{0,255}$/.test(name)) {
    return { ...PLAIN, refusal: failure('PARAMETER_INVALID', "Parameter 'jsonp' must be the name of a function") };
  }
  return { headers: { 'Content-Type': 'text/javascript' }, before: `${name}(`, after: ');' };
}
