import type { Socket } from 'node:net';

/**
 * Reads a connection in place of Node.js's HTTP server, whose parser and objects cost more than the requests themselves
 * where peers and schedulers send tens of thousands a second. It reads only requests in the usual form of those, and
 * hands over the connection at the first one of another form. It must read bytes exactly as Node.js's HTTP server
 * would.
 */
export interface FrontReader {
  /** Adds received bytes, including the first ones. */
  push(data: Buffer): void;
  /** Ends the connection when the received requests are answered. Absent when no request waits for its answer. */
  end?(): void;
}

/**
 * Decides by the first bytes whether it reads a connection.
 *
 * @param handOver hands the connection over to Node's HTTP server; the reader has put back what it has not read,
 *   and does not listen to the socket any more.
 * @returns the reader, which listens to the socket already; undefined when it does not read such connections.
 */
export type FrontReading = (socket: Socket, first: Buffer, handOver: () => void) => FrontReader | undefined;
