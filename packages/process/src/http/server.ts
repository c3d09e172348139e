import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { HttpError } from './error.ts';
import { text } from './reply.ts';
import { toRequest } from './request.ts';
import { respond } from './respond.ts';
import type { Handler, Response, StreamBody } from './response.ts';

/** What a client may cost. */
export interface HttpLimits {
  /** Bytes of a request's line and headers. */
  readonly headerBytes: number;
  /** From a request's first byte to the end of its headers. */
  readonly headersMs: number;
  /** Bytes of a request body, as received and as unpacked. */
  readonly bodyBytes: number;
  /** Longest pause within a request body. */
  readonly bodyIdleMs: number;
  /** How long a client may read nothing of a response. */
  readonly stallMs: number;
  /** How long a connection may be idle between requests; connections of libprocess peers never are cut. */
  readonly keepAliveMs: number;
  /** Connections beyond this are closed at once. */
  readonly connections: number;
}

const LIMITS: HttpLimits = {
  headerBytes: 32 * 1024,
  headersMs: 10_000,
  bodyBytes: 64 * 1024 * 1024,
  bodyIdleMs: 30_000,
  stallMs: 30_000,
  keepAliveMs: 600_000,
  connections: 100_000,
};

/** Receives failures worth a log line; nothing that a client can cause at will is reported above `warn`. */
export type Report = (level: 'warn' | 'error', message: string, error?: unknown) => void;

/** Takes requests before routing; true when the request is taken, response and errors included. */
export type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface HttpServerOptions {
  readonly handler: Handler;
  readonly limits?: Partial<HttpLimits>;
  readonly report?: Report;
}

/** The one HTTP server of a daemon. Nothing a client or a handler does ends the process. */
export class HttpServer {
  readonly limits: HttpLimits;
  readonly #handler: Handler;
  #intercept: Interceptor | undefined;
  readonly #report: Report;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #persistent = new WeakSet<Socket>();
  readonly #streams = new Set<StreamBody>();

  constructor(options: HttpServerOptions) {
    this.limits = { ...LIMITS, ...options.limits };
    this.#handler = options.handler;
    this.#report = options.report ?? ((level, message, error) => console[level](message, error ?? ''));
    this.#server = this.#createServer();
  }

  #createServer(): Server {
    const { headerBytes, headersMs, keepAliveMs, connections } = this.limits;
    const server = createServer(
      {
        maxHeaderSize: headerBytes,
        headersTimeout: headersMs,
        connectionsCheckingInterval: Math.min(headersMs, 1000),
        requestTimeout: 0, // some calls stream their body for hours; bodies read whole have an idle time-out
        keepAliveTimeout: keepAliveMs,
        requireHostHeader: false,
        noDelay: true,
        keepAlive: true, // finds peers which vanished without a word
        keepAliveInitialDelay: 60_000,
      },
      (request, response) => this.#accept(request, response),
    );
    server.maxConnections = connections;
    server.on('timeout', socket => {
      if (!this.#persistent.has(socket)) socket.destroy();
    });
    // Node counts the header time-out from the connection on. A libprocess peer may link and stay silent for long, so
    // a connection is shown to the HTTP parser only when its first bytes are here.
    const [serve] = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', ignore);
      socket.once('readable', () => {
        socket.off('error', ignore);
        serve?.call(server, socket);
      });
    });
    return server;
  }

  /**
   * Starts to listen.
   *
   * @param port 0 takes a free one.
   * @throws {Error} of `net`: EADDRINUSE, EADDRNOTAVAIL, EACCES.
   */
  listen(ip: string, port: number): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: ip, port, backlog: 4096 }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', error => this.#report('error', 'HTTP server failed', error));
        resolve(this.address);
      });
    });
  }

  /** @throws {Error} when the server does not listen. */
  get address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The HTTP server does not listen');
    return address;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Shows every request to the interceptor before the handler: libprocess takes its messages out. */
  intercept(interceptor: Interceptor): void {
    this.#intercept = interceptor;
  }

  /** Never cuts this connection for being idle. */
  keepOpen(socket: Socket): void {
    this.#persistent.add(socket);
  }

  /** Ends open streams, lets requests under way finish for `graceMs`, then cuts what is left. */
  async close(graceMs = 1000): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    for (const stream of this.#streams) stream.close();
    for (const socket of this.#sockets) if (this.#persistent.has(socket) || socket.bytesRead === 0) socket.destroy();
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', ignore); // the client went away; 'close' tells those who care
    request.on('error', ignore);
    if (this.#intercept?.(request, response)) return;
    this.#serve(request, response).catch(error => {
      this.#report('error', `Failed to respond to ${request.method} ${request.url}`, error);
      response.destroy();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let aborter: AbortController | undefined;
    const signal = () => {
      aborter ??= new AbortController();
      if (response.destroyed) aborter.abort();
      return aborter.signal;
    };
    response.once('close', () => {
      if (!response.writableFinished) aborter?.abort();
    });
    response.once('finish', () => {
      // What remains of an unread body is drained, if it comes.
      if (!request.complete) request.socket.setTimeout(this.limits.bodyIdleMs);
    });
    const answer = await this.#answer(request, signal);
    try {
      this.#track(answer, response);
      await respond(request, response, answer, this.limits.stallMs);
    } catch (error) {
      this.#report('error', `Failed to respond to ${request.method} ${request.url}`, error);
      if (response.headersSent) response.destroy();
      else await respond(request, response, text(500), this.limits.stallMs);
    }
  }

  async #answer(request: IncomingMessage, signal: () => AbortSignal): Promise<Response> {
    try {
      return await this.#handler(toRequest(request, signal, this.limits));
    } catch (error) {
      if (!(error instanceof HttpError)) {
        this.#report('error', `Handler of ${request.method} ${request.url} failed`, error);
        return text(500);
      }
      // After 408 and 413 the connection is out of step with the request.
      const headers: Record<string, string> = request.complete ? {} : { Connection: 'close' };
      return text(error.status, error.message, headers);
    }
  }

  #track({ body }: Response, response: ServerResponse): void {
    if (typeof body !== 'object' || !('attach' in body)) return;
    this.#streams.add(body);
    response.once('close', () => this.#streams.delete(body));
  }
}

function ignore(): void {}
