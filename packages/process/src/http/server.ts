import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Admit } from '../owners/owner-only.ts';
import type { Report } from '../report.ts';
import { RareReport } from '../tls/rare-report.ts';
import type { Tls } from '../tls/tls.ts';
import { Admission } from './admission.ts';
import { Answerer } from './answerer.ts';
import type { BodyLimits } from './body.ts';
import { CallReader, callCutter } from './call-reader.ts';
import { type ClientError, lastAnswer } from './client-error.ts';
import { Descriptors, descriptorLimit } from './descriptors.ts';
import type { FrontReader, FrontReading } from './front-reader.ts';
import { Gate } from './gate.ts';
import { type HttpLimits, LIMITS } from './limits.ts';
import { failLine, type Line, newLine } from './line.ts';
import { listenOnPort, listenOnSocket } from './listening.ts';
import { createNodeServer } from './node-server.ts';
import { refuseConnection } from './refuse-connection.ts';
import { failure } from './reply.ts';
import { copyPeerUid, noteLocalPeer, notePeerUid } from './request.ts';
import type { Handler } from './response.ts';
import type { HttpServerOptions, Interceptor } from './server-options.ts';
import { isHandshake, TlsConnections, tellStray } from './tls.ts';
import { Turn } from './turn.ts';
import { responseToUpgrade } from './upgrade.ts';

// A connection's requests are handled one after the other; with so many waiting it is not read from.
const PIPELINED_REQUESTS = 500;
// More may have been read already; beyond this, the client does not keep to the protocol.
const WAITING_REQUESTS = 20_000;

/** Node's own: shows a connection to the HTTP parser. */
type ServeConnection = (this: Server, socket: Socket) => void;

/** The one HTTP server of a daemon. Nothing a client or a handler does ends the process. */
export class HttpServer {
  readonly limits: HttpLimits;
  /** Of all bodies this server receives, libprocess messages included. */
  readonly bodyLimits: BodyLimits;
  readonly admission: Admission;
  /** Connections that `admit` refused, since the start. */
  refusedConnections = 0;
  readonly #admit: Admit | undefined;
  readonly #usesFrontReaders: boolean;
  readonly #readings: FrontReading[] = [];
  #intercept: Interceptor | undefined;
  readonly #report: Report;
  readonly #server: Server;
  readonly #lines = new Map<Socket, Line>();
  readonly #turn = new Turn();
  readonly #answerer: Answerer;
  readonly #gate: Gate;
  readonly #descriptors: Descriptors;
  readonly #tls: TlsConnections | undefined;
  readonly #ownTls: Tls | undefined;
  readonly #strays: RareReport;
  readonly #upgrades: ReadonlySet<string>;
  #address: AddressInfo | undefined;
  /** It listens on a Unix socket. */
  #isLocal = false;
  #closing = false;

  constructor(options: HttpServerOptions) {
    this.limits = { ...LIMITS, descriptors: options.limits?.descriptors ?? descriptorLimit(), ...options.limits };
    this.#admit = options.admit;
    this.#usesFrontReaders = options.usesFrontReaders ?? true;
    this.admission = options.admission ?? new Admission();
    this.#report = options.report ?? ((level, message, error) => console[level](message, error ?? ''));
    this.#descriptors = new Descriptors(this.#report, this.limits.descriptors);
    this.#gate = new Gate(this.admission, this.#report);
    this.bodyLimits = { ...this.limits, bodies: { bytes: 0 } };
    const { limits, bodyLimits } = this;
    this.#answerer = new Answerer({ handler: options.handler, limits, bodyLimits, report: this.#report });
    this.#upgrades = new Set(options.upgrades);
    this.#tls = options.tls && new TlsConnections(options.tls, { handshakeMs: this.limits.headersMs });
    this.#ownTls = options.tls;
    this.#strays = new RareReport(this.#report);
    if (options.calls) this.readInFront(this.#callReading(new Set(options.calls)));
    this.#server = this.#createServer();
  }

  #createServer(): Server {
    const server = createNodeServer(this.limits, this.#upgrades);
    // Without the latter two, Node answers what a request expects before anything here has looked at it.
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
      server.on(event, (request, response) => this.#accept(request, response));
    }
    if (this.#upgrades.size > 0) {
      server.on('upgrade', (request, socket: Socket, head) => {
        // Who asks for another protocol before the answers to earlier requests came cannot know what they will be.
        if (this.#lines.get(socket)?.current) socket.destroy();
        else this.#accept(request, responseToUpgrade(request, socket, head));
      });
    }
    server.on('clientError', (error: ClientError, socket) => {
      const line = this.#lines.get(socket as Socket);
      const answer = lastAnswer(error);
      if (isHandshake(error) && this.#tls === undefined) tellStray(this.#strays, socket as Socket);
      if (line && answer !== undefined) failLine(line, socket as Socket, answer, this.limits.stallMs);
      else socket.destroy();
    });
    server.on('timeout', socket => {
      // Nothing moved for the time set: fine while it waits for a handler, or for the next message of a peer.
      const line = this.#lines.get(socket);
      if (socket.writableLength > 0 || !(line?.current || line?.persistent)) socket.destroy();
    });
    // Node counts the header time-out from the connection on. A libprocess peer may link and stay silent for long, so
    // a connection is shown to the HTTP parser only when its first bytes are here.
    const [serve] = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('drop', () =>
      this.#descriptors.tell(`there are ${this.limits.connections}, which is the most that are taken`),
    );
    server.on('connection', socket => {
      if (!this.#descriptors.admits(socket)) return socket.destroy();
      if (this.#isLocal) noteLocalPeer(socket);
      const line = newLine();
      this.#follow(socket, line);
      const begin = () => {
        const plain = () => this.#beginRequests(socket, line, serve as ServeConnection);
        if (this.#tls === undefined) return plain();
        const secure = (encrypted: Socket) => {
          this.#lines.delete(socket);
          this.#follow(encrypted, line);
          copyPeerUid(socket, encrypted);
          encrypted.once('readable', () => this.#beginRequests(encrypted, line, serve as ServeConnection));
        };
        this.#tls.begin(socket, { plain, secure });
      };
      socket.once('readable', () => {
        // Without bytes the connection has ended, and there is no request to refuse.
        if (this.#admit && socket.readableLength > 0) void this.#beginAdmitted(this.#admit, socket, begin);
        else begin();
      });
    });
    return server;
  }

  /** Keeps the line of a connection as long as its socket is open. */
  #follow(socket: Socket, line: Line): void {
    this.#lines.set(socket, line);
    socket.once('close', () => {
      this.#lines.delete(socket);
      // Node tells only the response whose turn it is; ours may still be behind a libprocess message.
      if (line.current?.socket === null) line.current.destroy().emit('close');
    });
    socket.on('error', ignore);
  }

  /**
   * The one place where a connection becomes requests, encrypted or not: its first bytes are here, and libprocess, the
   * reader of calls or the HTTP server take it.
   */
  #beginRequests(socket: Socket, line: Line, serve: ServeConnection): void {
    socket.off('error', ignore);
    const serveHttp = () => {
      serve.call(this.#server, socket);
      // Node reads on whenever it shows a request's body, though that is here already.
      socket.on('resume', () => {
        if (line.waiting.length >= PIPELINED_REQUESTS) socket.pause();
      });
    };
    const first: Buffer | null = socket.read();
    if (first) {
      line.front = this.#frontReader(socket, first, () => {
        line.front = undefined;
        serveHttp();
      });
      if (line.front) return line.front.push(first);
      socket.unshift(first);
    }
    serveHttp();
  }

  async #beginAdmitted(admit: Admit, socket: Socket, begin: () => void): Promise<void> {
    const verdict = await admit(socket);
    if (socket.destroyed) return;
    if ('uid' in verdict) {
      notePeerUid(socket, verdict.uid);
      begin();
    } else {
      this.refusedConnections++;
      refuseConnection(socket, 'OWNER_ONLY', verdict.refusal);
    }
  }

  #frontReader(socket: Socket, first: Buffer, handOver: () => void): FrontReader | undefined {
    for (const reading of this.#usesFrontReaders ? this.#readings : []) {
      const reader = reading(socket, first, handOver);
      if (reader) return reader;
    }
    return undefined;
  }

  #callReading(paths: ReadonlySet<string>): FrontReading {
    return (socket, first, handOver) => {
      const cutter = callCutter(paths, this.admission, this.limits);
      if (!cutter.takes(first)) return undefined;
      const { stallMs, keepAliveMs } = this.limits;
      return new CallReader(socket, cutter, {
        ...{ handOver, stallMs, keepAliveMs, turn: this.#turn },
        answer: request => this.#answerer.call(request),
      });
    };
  }

  /**
   * Starts to listen.
   *
   * @param port 0 takes a free one.
   * @throws {ListenError} with the code of `net`: EADDRINUSE, EADDRNOTAVAIL, EACCES.
   */
  async listen(ip: string, port: number): Promise<AddressInfo> {
    this.#address = await listenOnPort(this.#server, { ip, port }, this.#report);
    return this.#address;
  }

  /** Starts to listen on a Unix socket in place of a port; see {@link listenOnSocket}. @throws {ListenError} */
  async listenOn(path: string): Promise<void> {
    this.#isLocal = true;
    await listenOnSocket(this.#server, path, this.#report);
  }

  /** @throws {Error} when the server does not listen. */
  get address(): AddressInfo {
    if (this.#address === undefined) throw new Error('The HTTP server does not listen');
    return this.#address;
  }

  /** The TLS of this server, which clients of the same process use as well; undefined when it is off. */
  get tls(): Tls | undefined {
    return this.#ownTls;
  }

  /** Open connections. */
  get connections(): number {
    return this.#lines.size;
  }

  /** Shows every request to the interceptor before the handler: libprocess takes its messages out. */
  intercept(interceptor: Interceptor): void {
    this.#intercept = interceptor;
  }

  /** Shows the first bytes of every connection to this before Node's HTTP server, after those that came earlier. */
  readInFront(reading: FrontReading): void {
    this.#readings.push(reading);
  }

  /** Never cuts this connection for being idle. */
  keepOpen(socket: Socket): void {
    const line = this.#lines.get(socket);
    if (line) line.persistent = true;
  }

  /** Ends open streams, lets requests under way finish for `graceMs`, then cuts what is left. */
  async close(graceMs = 1000): Promise<void> {
    this.#closing = true;
    this.#tls?.close();
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    await Promise.all([closed, this.dropConnections(graceMs)]);
  }

  /** Ends the streams and connections there are as {@link close} does, and goes on to take others. */
  async dropConnections(graceMs = 1000): Promise<void> {
    const sockets = [...this.#lines.keys()];
    const closed = sockets.map(socket => new Promise(resolve => socket.once('close', resolve)));
    this.#answerer.closeStreams();
    for (const [socket, line] of this.#lines) {
      if (line.front?.end) line.front.end();
      else if (!line.current) socket.destroy();
    }
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, graceMs);
    await Promise.all(closed);
    clearTimeout(cut);
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', ignore); // the client went away; 'close' tells those who care
    request.on('error', ignore);
    const line = this.#lines.get(request.socket);
    if (!line || line.ended || line.failed) return; // closed meanwhile, or closing
    line.last = request;
    line.lastResponse = response;
    line.lastWaiting = undefined;
    const refusal = this.#gate.refusal(request, response);
    line.ended = !response.shouldKeepAlive;
    line.refused = refusal !== undefined;
    if (refusal) {
      this.#enqueue(line, request, response, () => failure(refusal.code, `${refusal.message}\n`));
      return;
    }
    try {
      if (this.#intercept?.(request, response)) return;
    } catch (error) {
      this.#report('error', `Failed to take ${request.method} ${request.url}`, error);
      request.socket.destroy();
      return;
    }
    this.#enqueue(line, request, response);
  }

  #enqueue(line: Line, request: IncomingMessage, response: ServerResponse, handler?: Handler): void {
    if (line.waiting.length >= WAITING_REQUESTS) request.socket.destroy();
    else if (line.current) {
      line.lastWaiting = () => this.#begin(line, request, response, handler);
      line.waiting.push(line.lastWaiting);
    } else this.#begin(line, request, response, handler);
    if (line.waiting.length >= PIPELINED_REQUESTS) request.socket.pause();
  }

  /** Handles a request, then the next of its connection: a client which does not read cannot make us produce more. */
  #begin(line: Line, request: IncomingMessage, response: ServerResponse, handler?: Handler): void {
    line.current = response;
    response.once('close', () => {
      line.current = undefined;
      if (request.socket.destroyed) line.waiting.length = 0;
      else if (this.#closing) request.socket.destroySoon();
      else {
        line.waiting.shift()?.();
        if (line.waiting.length < PIPELINED_REQUESTS && request.socket.isPaused()) request.socket.resume();
      }
    });
    // One read may bring hundreds of requests, and all reads of a turn thousands.
    if (this.#turn.spent) setImmediate(() => this.#answerer.serve(request, response, handler));
    else void this.#answerer.serve(request, response, handler);
  }
}

function ignore(): void {}
