import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type BodyLimits, readBody } from './body.ts';
import { HttpError } from './error.ts';
import { protocolOf } from './upgrade-header.ts';

/** Where a connection comes from: the remote end of its socket. */
export interface PeerAddress {
  /** `unix` for a connection over a Unix socket, whose `port` is a number of its own. */
  readonly address: string;
  readonly port: number;
  /** User id that owns the other end, where the server asked for it when it admitted the connection. */
  readonly uid?: number;
}

/** Who sends a request, set by an authenticator; a principal may have claims and no value (JWT). */
export interface Principal {
  readonly value?: string;
  readonly claims?: Readonly<Record<string, string>>;
}

/** One HTTP request as handlers see it. */
export interface Request {
  readonly method: string;
  /** Path and query exactly as received: what a redirect repeats. */
  readonly url: string;
  /** Percent-decoded path without the query and without empty parts: `/state` of `//state`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly peer: PeerAddress;
  /**
   * The protocol that the connection can be changed to, `websocket`: the header `Upgrade`, when `Connection` names it and the server
   * knows the protocol. Absent otherwise: a handler cannot answer 101 then.
   */
  readonly upgrade?: string | undefined;
  /** Aborted when the client goes away before its response is complete. */
  readonly signal: AbortSignal;
  /** Set by the authenticating guard; undefined without authentication, or for an anonymous request. */
  principal?: Principal | undefined;
  /** What follows the route's path, '' or '/...'; set by the router. */
  rest: string;
  /**
   * The whole body, decompressed; without a promise where it was here before the request was handled.
   *
   * @throws {HttpError} 413 over the limit (also of unpacked size), 415 for an unknown encoding, 408 when it stalls,
   *   400 when it is corrupt or the client went away.
   */
  body(): Promise<Buffer> | Buffer;
  /** The body in pieces as they arrive, neither limited nor decompressed: for calls which stream their input. */
  stream(): AsyncIterable<Buffer>;
}

/**
 * Converts Node's request into a {@link Request}.
 *
 * @throws {HttpError} 400 when the path is not absolute or not decodable.
 */
export function toRequest(message: IncomingMessage, signal: () => AbortSignal, limits: BodyLimits): Request {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  let query: URLSearchParams | undefined;
  let body: Promise<Buffer> | undefined;
  return {
    method: message.method ?? 'GET',
    url,
    path: decodePath(rawPath).replaceAll(/\/{2,}/g, '/'),
    get query() {
      query ??= new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
      return query;
    },
    headers: message.headers,
    peer: peerOf(message.socket),
    upgrade: upgradeOf(message),
    get signal() {
      return signal();
    },
    rest: '',
    body() {
      body ??= readBody(message, limits);
      return body;
    },
    stream: () => message,
  };
}

const admitted = new WeakMap<Socket, number>();

/** Records which user owns the other end of a connection, for {@link peerOf}. */
export function notePeerUid(socket: Socket, uid: number): void {
  admitted.set(socket, uid);
}

/** Copies the peer's user id to another socket of the connection, over which TLS goes on. */
export function copyPeerUid(from: Socket, to: Socket): void {
  const uid = admitted.get(from);
  if (uid !== undefined) admitted.set(to, uid);
}

const local = new WeakMap<Socket, number>();
let lastLocal = 0;

/** Numbers a connection over a Unix socket, whose other end has no address, for {@link peerOf}. */
export function noteLocalPeer(socket: Socket): void {
  local.set(socket, ++lastLocal);
}

/** Returns the remote end of a socket; IPv4 as IPv4, also on a socket which listens on IPv6. */
export function peerOf(socket: Socket): PeerAddress {
  const number = local.get(socket);
  if (number !== undefined) return { address: 'unix', port: number };
  const { remoteAddress = '', remotePort: port = 0 } = socket;
  const address = remoteAddress.replace(/^::ffff:(?=[0-9.]+$)/, '');
  const uid = admitted.get(socket);
  return uid === undefined ? { address, port } : { address, port, uid };
}

/** Node sets `upgrade` on requests whose connection it has let go of. */
function upgradeOf(message: IncomingMessage & { readonly upgrade?: boolean | null }): string | undefined {
  return message.upgrade ? protocolOf(message) : undefined;
}

function decodePath(raw: string): string {
  if (!raw.startsWith('/'))
    throw new HttpError('PATH_MALFORMED', 'Failed to parse request: the path must begin with a slash');
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch (cause) {
    throw new HttpError('PATH_MALFORMED', 'Failed to parse request: the path is not percent-encoded UTF-8', { cause });
  }
}
