import { closeSync, constants, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

/**
 * Connects to the socket that a helper process has made in its directory, under the name `socket`.
 *
 * @throws {NodeJS.ErrnoException} it has ended.
 */
export function connectToHelper(directory: string): Promise<Socket> {
  // By its name in an open directory: the path of a socket may have 107 bytes only.
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  const socket = connect({ path: `/proc/self/fd/${fd}/socket` });
  return new Promise<Socket>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  }).finally(() => closeSync(fd));
}
