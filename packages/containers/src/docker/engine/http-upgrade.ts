/** Turns an HTTP connection into one for both directions. undici reads no answers that refuse that, so Node.js does it. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { EngineEndpoint } from './endpoint.ts';

/** How long nothing is sent until it is looked whether the other end is there. */
const keepAliveMs = 30_000;

/** The request that asks for it. */
export interface UpgradeRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly json?: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the request; not the connection that it has become. */
  readonly signal: AbortSignal;
}

/**
 * Asks the engine for a connection over which bytes go as they are.
 *
 * @returns the socket, paused; or the answer of an engine that refuses.
 * @throws the errors of Node.js
 */
export function requestUpgrade(endpoint: EngineEndpoint, request: UpgradeRequest): Promise<Socket | IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket | IncomingMessage>();
  const { method, path, json, headers, signal } = request;
  const body = json === undefined ? '' : JSON.stringify(json);
  const options: RequestOptions = {
    method,
    path,
    agent: false,
    headers: {
      ...headers,
      connection: 'Upgrade',
      upgrade: 'tcp',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    ...addressOf(endpoint),
  };
  const secure = endpoint.kind === 'tcp' && endpoint.tls !== undefined;
  const sent = (secure ? httpsRequest : httpRequest)(options);
  const abort = () => sent.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  sent.on('error', reject);
  sent.on('response', resolve);
  sent.on('upgrade', (_: IncomingMessage, socket: Socket, head: Buffer) => {
    signal.removeEventListener('abort', abort);
    socket.pause();
    socket.setKeepAlive(true, keepAliveMs); // one that says nothing for days is not forgotten on its way
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  sent.end(body);
  return promise;
}

function addressOf(endpoint: EngineEndpoint): RequestOptions {
  if (endpoint.kind === 'unix') return { socketPath: endpoint.socketPath, host: 'docker' };
  const { host, port, tls } = endpoint;
  return { host, port, ...(tls && { ca: tls.ca, cert: tls.cert, key: tls.key }) };
}
