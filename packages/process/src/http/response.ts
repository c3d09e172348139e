import type { ServerResponse } from 'node:http';
import type { Request } from './request.ts';

/** Text or bytes of a body. */
export type Piece = string | Uint8Array;

/** A body which writes itself for as long as it likes, see `EventStream`. */
export interface StreamBody {
  /** Called once with the response, its head already sent or its client already gone, and how long a client may read nothing. */
  attach(response: ServerResponse, stallMs: number): void;
  /** Ends the body: the server is closing. */
  close(): void;
}

/**
 * What a handler answers. A body of known size gets Content-Length and is compressed when the client accepts it; an
 * iterable is sent in pieces, pulled only as fast as the client reads; a {@link StreamBody} writes itself.
 */
export interface Response {
  readonly status: number;
  /** Any text is safe as a value: what may not stand in a header is percent-encoded. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Piece | AsyncIterable<Piece> | StreamBody | undefined;
}

/** Answers one request; what it throws becomes 500, or the status of an `HttpError`. */
export type Handler = (request: Request) => Promise<Response> | Response;
