import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { acceptsGzip } from './accept.ts';
import type { Piece, Response, StreamBody } from './response.ts';

const GZIP_MIN_BYTES = 1024;
const GZIP_LEVEL = 1;
const compress = promisify(gzip);

/**
 * Writes a response. Returns when the body is handed over completely, or the client went away.
 *
 * @param stallMs how long a client may read nothing of a body before it is cut off.
 * @throws what the body's iterable throws; the head may be sent by then.
 */
export async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Response,
  stallMs: number,
): Promise<void> {
  const { body } = answer;
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    await respondWhole(request, response, answer, body ?? '', stallMs);
  } else if (Symbol.asyncIterator in body) {
    await respondPieces(response, answer, body, stallMs);
  } else {
    attach(response, answer, body, stallMs);
  }
}

async function respondWhole(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Response,
  body: Piece,
  stallMs: number,
): Promise<void> {
  let bytes = typeof body === 'string' ? Buffer.from(body) : body;
  let headers = answer.headers;
  if (
    bytes.length >= GZIP_MIN_BYTES &&
    headers?.['Content-Encoding'] === undefined &&
    acceptsGzip(request.headers['accept-encoding'])
  ) {
    bytes = await compress(bytes, { level: GZIP_LEVEL });
    headers = { ...headers, 'Content-Encoding': 'gzip' };
  }
  writeHead(response, answer.status, headers, bytes.length);
  if (bytes.length > response.writableHighWaterMark) request.socket.setTimeout(stallMs);
  // An empty buffer would cost a second piece to write: most answers to schedulers have no body.
  if (bytes.length === 0) response.end();
  else response.end(bytes);
}

async function respondPieces(
  response: ServerResponse,
  answer: Response,
  body: AsyncIterable<Piece>,
  stallMs: number,
): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  try {
    // The first piece comes before the head, so that an early failure can still be a proper error.
    let step = await iterator.next();
    if (response.destroyed) return;
    writeHead(response, answer.status, answer.headers);
    // The answer to HEAD has no body: what is read of a large one would be thrown away, and the head would wait for it.
    while (!step.done && response.req.method !== 'HEAD') {
      if (!response.write(step.value)) await drained(response, stallMs);
      if (response.destroyed) return;
      step = await iterator.next();
    }
    response.end();
  } finally {
    await iterator.return?.();
  }
}

/** Resolves when there is room again or the client is gone; a client which reads nothing for stallMs is cut off. */
async function drained(response: ServerResponse, stallMs: number): Promise<void> {
  const { socket } = response;
  if (response.destroyed || !socket) return;
  socket.setTimeout(stallMs); // restarts as long as bytes move; expiry destroys the socket
  const done = new AbortController();
  const options = { signal: done.signal };
  const quietly = (waiting: Promise<unknown>) => waiting.catch(() => undefined); // aborted: the other event came
  await Promise.race([quietly(once(response, 'drain', options)), quietly(once(response, 'close', options))]);
  done.abort();
  socket.setTimeout(0);
}

function attach(response: ServerResponse, answer: Response, body: StreamBody, stallMs: number): void {
  if (!response.destroyed) {
    writeHead(response, answer.status, answer.headers);
    response.flushHeaders();
  }
  body.attach(response, stallMs);
}

function writeHead(response: ServerResponse, status: number, headers: Response['headers'], length?: number): void {
  // HTTP/1.1 connections persist anyway; libprocess does not say so either.
  if (response.shouldKeepAlive && response.req.httpVersionMinor > 0) response.removeHeader('connection');
  const fields: string[] = [];
  for (const name in headers) fields.push(name, headerValue(headers[name] as string));
  if (length !== undefined && status !== 204 && status !== 304) fields.push('Content-Length', String(length));
  response.writeHead(status, fields);
}

/** Percent-encodes what a header value must not contain: line breaks, control characters, non-ASCII characters. */
export function headerValue(value: string): string {
  return value.toWellFormed().replace(/[^\t\x20-\x7e]+/g, encodeURIComponent);
}
