import type { Socket } from 'node:net';

/**
 * Reads a connection in the place of Node's HTTP server, whose parser and objects cost more than what the requests ask
 * for where peers and schedulers send tens of thousands a second. It reads only requests that look the way those do, and
 * hands the connection over with the first that looks otherwise: what a front reader makes of bytes is what Node's HTTP
 * server makes of them.
 */
export interface FrontReader {
  /** Takes bytes that have come, the first ones included. */
  push(data: Buffer): void;
  /** Ends the connection when the requests that have come are answered. Absent when none ever waits for its answer. */
  end?(): void;
}

/**
 * Looks at the first bytes of a connection.
 *
 * @param handOver gives the connection to Node's HTTP server from now on; the reader has put back what it has not taken,
 *   and does not listen to the socket any more.
 * @returns the reader, which listens to the socket already; undefined when the connection is not of its kind.
 */
export type FrontReading = (socket: Socket, first: Buffer, handOver: () => void) => FrontReader | undefined;
