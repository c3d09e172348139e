import type { IncomingMessage } from 'node:http';

/** Returns the protocol that a request asks its connection to change to; of several the first. */
export function protocolOf({ headers }: IncomingMessage): string | undefined {
  return headers.upgrade?.split(',', 1)[0]?.trim().toLowerCase();
}
