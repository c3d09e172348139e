/** Where an HTTP server listens: on a port, or on a Unix socket. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { type AddressInfo, connect, type Server } from 'node:net';
import { formatAddress } from '../address.ts';
import type { Report } from '../report.ts';
import { ListenError, socketHelp } from './listen-error.ts';

/** Connections that the kernel keeps until they are taken. */
const BACKLOG = 4096;

/** The most bytes that the path of a Unix socket may have: the kernel's `sun_path` without its end. */
export const SOCKET_PATH_BYTES = 107;

/** Listens on a port. @param port 0 takes a free one. @throws {ListenError} */
export async function listenOnPort(
  server: Server,
  { ip, port }: { readonly ip: string; readonly port: number },
  report: Report,
): Promise<AddressInfo> {
  const fail = (error: Error) => new ListenError(formatAddress({ ip, port }), error);
  await listening(server, fail, () => server.listen({ host: ip, port, backlog: BACKLOG }));
  server.on('error', error => report('error', 'HTTP server failed', error));
  return server.address() as AddressInfo;
}

/**
 * Listens on a Unix socket, which every user of this machine may connect to who can reach its path. A socket that an earlier
 * process left is replaced; it is removed when the server closes.
 *
 * @throws {ListenError} EADDRINUSE: another process listens there, or the path is no socket.
 */
export async function listenOnSocket(server: Server, path: string, report: Report): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined) {
    if (!found.isSocket() || (await isServed(path)))
      throw new ListenError(path, Object.assign(new Error('in use'), { code: 'EADDRINUSE' }), socketHelp);
    unlinkSync(path);
  }
  const fail = (error: Error) => new ListenError(path, error, socketHelp);
  await listening(server, fail, () => server.listen({ path, backlog: BACKLOG }));
  server.on('error', error => report('error', 'HTTP server failed', error));
  chmodSync(path, 0o666); // the umask does not apply
}

function isServed(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    const answer = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => answer(code === 'EAGAIN')); // its backlog is full
  });
}

function listening(server: Server, explain: (error: Error) => ListenError, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(explain(error));
    server.once('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      resolve();
    });
    listen();
  });
}
