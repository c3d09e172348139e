import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ERROR_HEADER, FailureCode, FailureStatus } from './failures.ts';
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

/** Statuses of answers that are no failures. */
export type AnswerStatus = 200 | 202 | 204 | 206 | 307;

/** Headers of a response. Any text is safe as a value: what may not stand in a header is percent-encoded. */
export type ResponseHeaders = Readonly<Record<string, string>>;

/**
 * What a handler answers when it does what is asked for. A body of known size gets Content-Length and is compressed when the client accepts it; an
 * iterable is sent in pieces, pulled only as fast as the client reads; a {@link StreamBody} writes itself.
 */
export interface Answer {
  readonly status: AnswerStatus;
  readonly headers?: ResponseHeaders;
  readonly body?: Piece | AsyncIterable<Piece> | StreamBody | undefined;
}

/** What a handler answers when it does not; made by `failure`, so that none leaves without its code. */
export interface Failure {
  readonly status: FailureStatus;
  readonly headers: ResponseHeaders & { readonly [ERROR_HEADER]: FailureCode };
  readonly body?: Piece | undefined;
}

/** What a handler answers when the connection goes on in the protocol that the request asks for. */
export interface SwitchedProtocol {
  readonly status: 101;
  readonly headers?: undefined;
  readonly body?: undefined;
  /** `take` answers the request itself, with the headers that the protocol wants. Default: 101 is answered before. */
  readonly writesHead?: true;
  /**
   * Gets the connection, once, and what has come of the protocol already. The request is over then, and its `signal`
   * aborted; the server still ends the connection when it closes.
   */
  readonly take: (socket: Socket, head: Buffer) => void;
}

/**
 * What another daemon answered and this one passes on, success or failure, with that daemon's code where it has one. Its
 * body comes in pieces, pulled only as fast as the client reads.
 */
export interface Relayed {
  readonly status: AnswerStatus | FailureStatus;
  readonly headers: ResponseHeaders;
  /** An {@link HttpError} that it throws becomes the response, or breaks the connection off when the head is sent. */
  readonly body: AsyncIterable<Piece>;
}

/** One of these. */
export type Response = Answer | Failure | SwitchedProtocol | Relayed;

/** Answers one request; what it throws becomes 500, or the status of an `HttpError`. */
export type Handler = (request: Request) => Promise<Response> | Response;
