import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { RareReport } from '../tls/rare-report.ts';
import type { Tls } from '../tls/tls.ts';
import type { ClientError } from './client-error.ts';
import { refuseConnection } from './refuse-connection.ts';

/** The first byte of a TLS connection: a record of a handshake. No method of HTTP begins so. */
const HANDSHAKE = 22;
// Handshakes at the same time; others wait for their turn, in which they cost no more than a silent connection.
const MOST_HANDSHAKES = 512;
// How long a handshake may take that others wait for.
const CROWDED_MS = 2000;

/** The limits of handshakes. */
export interface HandshakeLimits {
  /** How long a client may take until nothing is left but to send requests. */
  readonly handshakeMs: number;
  /** Default: 512. */
  readonly handshakes?: number;
}

/** What becomes of a connection; one of the two is called, or neither when the client does not get so far. */
interface Outcome {
  /** @param secure the socket of what is encrypted. */
  readonly secure: (secure: Socket) => void;
  /** The client does not speak TLS, and need not. */
  readonly plain: () => void;
}

interface Handshake {
  readonly socket: Socket;
  readonly begunMs: number;
  readonly secure: (secure: Socket) => void;
  /** Makes room for the next one. */
  readonly over: () => void;
}

/** Continues connections over TLS: nothing of what comes over them is looked at before it is decrypted. */
export class TlsConnections {
  readonly #tls: Tls;
  readonly #server: Server;
  readonly #most: number;
  /** By the other end's address: of each connection, TLS gives us another socket than the one it began with. */
  readonly #handshakes = new Map<string, Handshake>();
  /** By the other end's IP address: addresses take turns, so that one with many connections holds up few others. */
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #forget: () => void;
  #crowded: NodeJS.Timeout | undefined;

  constructor(tls: Tls, { handshakeMs, handshakes = MOST_HANDSHAKES }: HandshakeLimits) {
    const { createServer } = process.getBuiltinModule('node:tls');
    this.#tls = tls;
    this.#most = handshakes;
    this.#server = createServer({ ...tls.serverOptions(), handshakeTimeout: handshakeMs });
    this.#server.on('secureConnection', secure => void this.#check(secure));
    this.#server.on('tlsClientError', (error: OpensslError, secure) => {
      // Who hangs up has no address any more, and is not refused.
      if (secure.remoteAddress !== undefined) this.#tell(error, secure.remoteAddress);
      secure.destroy();
    });
    this.#forget = tls.onReload(() => {
      this.#server.setSecureContext(tls.serverOptions());
      // A session of before was made with certificates that may not be trusted any more.
      this.#server.setTicketKeys(process.getBuiltinModule('node:crypto').randomBytes(48));
    });
  }

  /** Begins with TLS on a connection whose first bytes are there to be read. */
  begin(socket: Socket, outcome: Outcome): void {
    const first: Buffer | null = socket.read();
    if (first === null) return socket.destroySoon(); // it ended
    socket.unshift(first);
    if (first[0] === HANDSHAKE) return this.#queue(socket, outcome.secure);
    if (this.#tls.settings.supportsDowngrade) return outcome.plain();
    this.#tls.tell('plain', `Refused a connection from ${socket.remoteAddress}, which does not speak TLS`);
    refuseConnection(socket, 'TLS_REQUIRED', 'Only TLS is spoken on this port: use https:// in place of http://');
  }

  /** Keys and certificates that are read later are not taken any more. */
  close(): void {
    this.#forget();
    clearTimeout(this.#crowded);
  }

  #queue(socket: Socket, secure: (secure: Socket) => void): void {
    if (this.#handshakes.size < this.#most && this.#waiting.size === 0) return this.#handshake(socket, secure);
    const begin = () => this.#handshake(socket, secure);
    const address = socket.remoteAddress ?? '';
    const own = this.#waiting.get(address) ?? new Set();
    this.#waiting.set(address, own.add(begin));
    socket.once('close', () => {
      if (own.delete(begin) && own.size === 0) this.#waiting.delete(address);
    });
    this.#hurry();
  }

  #handshake(socket: Socket, secure: (secure: Socket) => void): void {
    const key = peerKey(socket);
    const over = () => {
      socket.off('close', over);
      if (this.#handshakes.get(key)?.socket === socket) this.#handshakes.delete(key);
      this.#next();
    };
    socket.once('close', over);
    this.#handshakes.set(key, { socket, begunMs: performance.now(), secure, over });
    this.#server.emit('connection', socket);
  }

  #next(): void {
    while (this.#handshakes.size < this.#most) {
      const [turn] = this.#waiting;
      if (turn === undefined) return;
      const [address, own] = turn;
      this.#waiting.delete(address);
      const [begin] = own;
      if (begin === undefined) continue;
      own.delete(begin);
      if (own.size > 0) this.#waiting.set(address, own);
      begin();
    }
  }

  /** Ends handshakes that take long while others wait. */
  #hurry(): void {
    if (this.#crowded !== undefined || this.#waiting.size === 0) return;
    const [oldest] = this.#handshakes.values();
    const leftMs = oldest === undefined ? 0 : Math.max(0, oldest.begunMs + CROWDED_MS - performance.now());
    this.#crowded = setTimeout(() => {
      this.#crowded = undefined;
      for (const { socket, begunMs } of this.#handshakes.values()) {
        if (this.#waiting.size === 0 || performance.now() < begunMs + CROWDED_MS) break;
        this.#tell(crowded(), socket.remoteAddress);
        socket.destroy();
      }
      this.#hurry();
    }, leftMs);
    this.#crowded.unref();
  }

  async #check(secure: TLSSocket): Promise<void> {
    const handshake = this.#handshakes.get(peerKey(secure));
    if (handshake === undefined) return void secure.destroy();
    secure.on('error', ignore);
    try {
      await this.#tls.checkClient(secure);
    } catch (error) {
      this.#tell(error as Error, secure.remoteAddress);
      handshake.over();
      return refuseConnection(secure, 'CERTIFICATE_REFUSED', `Refused: ${(error as Error).message}`);
    }
    handshake.over();
    if (secure.destroyed) return;
    handshake.secure(secure);
    secure.off('error', ignore); // those who serve it have one of their own
  }

  #tell({ code = 'UNKNOWN', reason, message }: OpensslError, from: string | undefined): void {
    const why = reason ?? message;
    const words = why.includes(code) ? why : `${why} (${code})`;
    this.#tls.tell(`client ${code}`, `Refused a client from ${from} in the TLS handshake: ${words}`);
  }
}

/** An error of OpenSSL, with its words for people. */
interface OpensslError extends NodeJS.ErrnoException {
  readonly reason?: string;
}

/** Tells whether what is no request is the beginning of TLS. */
export const isHandshake = ({ rawPacket }: ClientError): boolean => rawPacket?.[0] === HANDSHAKE;

/** Reports a client that wants TLS where it is off. */
export function tellStray(report: RareReport, { remoteAddress }: Socket): void {
  const advice = 'let it use http://, or set LIBPROCESS_SSL_ENABLED=true for this daemon';
  report.warn('tls', `A client from ${remoteAddress} speaks TLS, which is off here: ${advice}`);
}

const crowded = () => Object.assign(new Error('it was slow while others waited'), { code: 'CROWDED' });

function ignore(): void {}

const peerKey = ({ remoteAddress, remotePort, localAddress }: Socket) =>
  `${remoteAddress} ${remotePort} ${localAddress}`;
