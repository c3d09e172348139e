import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpLimits } from './http/limits.ts';
import type { Handler } from './http/response.ts';
import { Router } from './http/router.ts';
import { HttpServer } from './http/server.ts';
import { Libprocess, type LibprocessOptions } from './libprocess/transport.ts';

export { all, type Need, needs } from './testing/needs.ts';

const deadlineMs = 60_000;

/**
 * Waits until the probe finds something. The deadline is only for tests that fail: no machine is that slow.
 *
 * @param what is waited for, for the error when it does not come.
 */
export async function eventually<T>(
  what: string | (() => string),
  probe: () => T | Promise<T>,
): Promise<Exclude<T, false | undefined | 0 | ''>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found) return found as Exclude<T, false | undefined | 0 | ''>;
    assert.ok(performance.now() < deadline, `waited in vain for ${typeof what === 'string' ? what : what()}`);
    await delay(5);
  }
}

/** A listening server with what it reported; closed after the test. */
export async function startServer(
  t: TestContext,
  handler: Handler = new Router().handle,
  limits: Partial<HttpLimits> = {},
): Promise<{ server: HttpServer; port: number; reports: string[] }> {
  const reports: string[] = [];
  const server = new HttpServer({
    handler,
    limits,
    report: (level, message, error) => reports.push(`${level}: ${message} ${error ?? ''}`),
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  return { server, port, reports };
}

/** Takes every connection for one of this user without asking the kernel, which takes a moment. */
const ownConnections = { ofConnection: async () => process.geteuid?.(), ofListener: async () => undefined };

/** A server with libprocess on it, which trusts all connections by default; both closed after the test. */
export async function startLibprocess(
  t: TestContext,
  options: LibprocessOptions = {},
  limits: Partial<HttpLimits> = {},
) {
  const started = await startServer(t, undefined, limits);
  const libprocess = new Libprocess(started.server, {
    owners: ownConnections,
    report: (level, message, error) => started.reports.push(`${level}: ${message} ${error ?? ''}`),
    ...options,
  });
  t.after(() => libprocess.close());
  return { ...started, libprocess };
}

/** A raw client: what came back so far, and whether the server ended it. */
export interface RawClient {
  readonly socket: Socket;
  readonly text: () => string;
  readonly ended: () => boolean;
}

export function rawClient(t: TestContext, port: number, send?: string | Buffer): RawClient {
  const socket = connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  let ended = false;
  socket.on('data', (piece: Buffer) => received.push(piece));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
  });
  if (send !== undefined) socket.write(send);
  t.after(() => socket.destroy());
  return { socket, text: () => Buffer.concat(received).toString('latin1'), ended: () => ended };
}

/** How often a text occurs. */
export const count = (text: string, part: string): number => text.split(part).length - 1;
