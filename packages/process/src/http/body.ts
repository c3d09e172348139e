import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { HttpError } from './error.ts';

/** The limits on size and speed of request bodies. */
export interface BodyLimits {
  /** The maximum size of a body in bytes, as received and, separately, as unpacked. */
  readonly bodyBytes: number;
  /** The maximum size of all bodies that are being received. */
  readonly bodiesBytes: number;
  /** Longest pause between two pieces of a body. */
  readonly bodyIdleMs: number;
  /** The size of the bodies that are being received now. */
  readonly bodies: { bytes: number };
}

/** Reads and decompresses a whole body; errors as {@link Request.body}. */
export function readBody(message: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const declared = Number(message.headers['content-length'] ?? 0);
  if (declared > limits.bodyBytes) return Promise.reject(tooLarge(limits));
  const unpack = decompressor(message.headers['content-encoding']);
  if (unpack === undefined) {
    return Promise.reject(
      new HttpError(
        'BODY_ENCODING_UNSUPPORTED',
        "Unsupported 'Content-Encoding' of the request body: expecting gzip, deflate or none",
      ),
    );
  }
  return collect(message, unpack === 'identity' ? message : message.pipe(unpack), limits);
}

function decompressor(encoding: string | undefined): Transform | 'identity' | undefined {
  switch (encoding?.toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    default:
      return undefined;
  }
}

function collect(message: IncomingMessage, source: IncomingMessage | Transform, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      limits.bodies.bytes -= bytes;
      return true;
    };
    const fail = (error: HttpError) => {
      if (!settle()) return;
      if (source !== message) {
        message.unpipe();
        source.destroy();
      }
      message.resume(); // the rest of the body is read and discarded
      pieces.length = 0;
      reject(error);
    };
    const failure =
      source === message
        ? 'Failed to read the request body'
        : "Failed to unpack the request body: it is not what 'Content-Encoding' says";
    const timer = setTimeout(() => fail(new HttpError('REQUEST_TIMEOUT', 'Request body timed out')), limits.bodyIdleMs);
    message.on('data', () => timer.refresh());
    source.on('data', (piece: Buffer) => {
      if (settled) return;
      bytes += piece.length;
      limits.bodies.bytes += piece.length;
      if (bytes > limits.bodyBytes) fail(tooLarge(limits));
      else if (limits.bodies.bytes > limits.bodiesBytes) fail(new HttpError('SERVER_BUSY', 'Too many large requests'));
      else pieces.push(piece);
    });
    source.on('end', () => {
      if (settle()) resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces));
    });
    source.on('error', cause => fail(new HttpError('BODY_INCOMPLETE', failure, { cause })));
    message.on('close', () => {
      if (!message.complete)
        fail(new HttpError('BODY_INCOMPLETE', 'Client disconnected before the end of the request body'));
    });
  });
}

const tooLarge = (limits: BodyLimits): HttpError =>
  new HttpError('BODY_TOO_LARGE', `Request body exceeds the limit of ${limits.bodyBytes} bytes`);
