import type { Socket } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import type { Report } from '../report.ts';
import { refuseConnection } from './refuse-connection.ts';

/** The first byte of a TLS connection: a record of a handshake. No method of HTTP begins so. */
const HANDSHAKE = 22;
// Different failures that are worth a log line, in the life of a server.
const MOST_REPORTED = 20;

/** Continues connections over TLS: nothing of what comes over them is looked at before it is decrypted. */
export class TlsConnections {
  readonly #server: Server;
  readonly #report: Report;
  readonly #reported = new Set<string>();
  /** By the other end's address: of each connection, TLS gives us another socket than the one it began with. */
  readonly #handshakes = new Map<string, (secure: Socket) => void>();

  /**
   * @param handshakeMs how long a client may take until nothing is left but to send requests.
   * @throws {Error} of Node.js, when keys or certificates cannot be used.
   */
  constructor(options: TlsOptions, handshakeMs: number, report: Report) {
    this.#report = report;
    this.#server = createServer({ ...options, handshakeTimeout: handshakeMs });
    this.#server.on('secureConnection', secure => this.#handshakes.get(peerKey(secure))?.(secure));
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      this.#tell(error, socket.remoteAddress);
      socket.destroy();
    });
  }

  /**
   * Begins with TLS on a connection whose first bytes are there to be read; one without TLS is refused in words.
   *
   * @param serve gets the socket of what is encrypted, once. Never called when the client does not get so far.
   */
  begin(socket: Socket, serve: (secure: Socket) => void): void {
    const first: Buffer | null = socket.read();
    if (first === null) return socket.destroySoon(); // it ended
    if (first[0] !== HANDSHAKE) {
      return refuseConnection(
        socket,
        'TLS_REQUIRED',
        'Only TLS is spoken on this port: use https:// in place of http://',
      );
    }
    const key = peerKey(socket);
    socket.once('close', () => this.#handshakes.delete(key));
    this.#handshakes.set(key, secure => {
      this.#handshakes.delete(key);
      serve(secure);
    });
    socket.unshift(first);
    this.#server.emit('connection', socket);
  }

  /** Says each kind of failure once: who cannot get in may try for ever. */
  #tell({ code = 'UNKNOWN', message }: NodeJS.ErrnoException, from: string | undefined): void {
    if (this.#reported.has(code) || this.#reported.size >= MOST_REPORTED) return;
    this.#reported.add(code);
    this.#report('warn', `A client from ${from} did not get through the TLS handshake: ${message} (${code})`);
  }
}

const peerKey = ({ remoteAddress, remotePort, localAddress }: Socket) =>
  `${remoteAddress} ${remotePort} ${localAddress}`;
