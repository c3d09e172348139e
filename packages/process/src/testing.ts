import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { HttpError } from './http/error.ts';
import type { HttpLimits } from './http/limits.ts';
import { failureOf } from './http/reply.ts';
import type { Handler, Response } from './http/response.ts';
import { Router } from './http/router.ts';
import { HttpServer } from './http/server.ts';
import { Libprocess, type LibprocessOptions } from './libprocess/transport.ts';

export { Authority, type Issued, tlsVariables } from './testing/authority.ts';
export { isTlsEnabled } from './tls/settings.ts';
export { clientTls } from './tls/tls.ts';

/** Returns what a server answers with a handler's response, or with the error that it throws. */
export async function answerOf(handle: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof HttpError) return failureOf(error);
    throw error;
  }
}

/** Starts a server, and collects its reports. It is closed after the test. */
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

/** Takes every connection for one of this user without asking the kernel, which would take time. */
const ownConnections = { ofConnection: async () => process.geteuid?.(), ofListener: async () => undefined };

/** Starts a server with libprocess, which trusts all connections by default. Both are closed after the test. */
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

/** A raw client: the received bytes so far, and whether the server has ended the connection. */
export interface RawClient {
  readonly socket: Socket;
  readonly text: () => string;
  readonly ended: () => boolean;
}

/** Connects to a port and collects the bytes that are received. The connection ends with the test. */
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

/** Counts the occurrences of a text. */
export const count = (text: string, part: string): number => text.split(part).length - 1;
