import type { Socket } from 'node:net';
import { lastFailure } from './client-error.ts';
import type { FailureCode } from './failures.ts';

const DRAIN_MS = 2000;
const DRAIN_BYTES = 1024 * 1024;

/**
 * Answers a connection of which nothing was read as a request, and ends it. What the client still sends is read for a
 * while, so that it sees the answer.
 */
export function refuseConnection(socket: Socket, code: FailureCode, words: string): void {
  const cut = setTimeout(() => socket.destroy(), DRAIN_MS);
  let drained = 0;
  socket.on('data', data => {
    drained += data.length;
    if (drained > DRAIN_BYTES) socket.destroy();
  });
  socket.once('close', () => clearTimeout(cut));
  socket.end(lastFailure(code, words));
}
