import type { Socket } from 'node:net';
import type { Owners } from './socket-owners.ts';
import type { Endpoint } from './socket-table.ts';

/**
 * Returns the id of the user who owns the other end of an accepted connection; undefined when it is unknown: the other
 * end is not on this machine, or has closed.
 *
 * @throws {SocketTableError}
 */
export async function ownerOfPeer(owners: Pick<Owners, 'ofConnection'>, socket: Socket): Promise<number | undefined> {
  const here: Endpoint = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
  const there: Endpoint = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  if (there.address === '' || here.address === '') return undefined;
  const uid = await owners.ofConnection(there, here);
  return uid !== undefined && isConnected(socket) ? uid : undefined;
}

/** The handle of a socket: undocumented, and therefore not in the types of Node.js. */
interface Handle {
  /** @returns 0, or a negative error number. */
  getpeername(out: object): number;
}

/**
 * Tells whether the kernel still has this end of the connection. After a client resets its connection, its data can
 * still be read here, while another user may already connect from the same port and is then in the tables. As long as
 * this end exists, that cannot happen. Node.js caches the address of the other end; only the handle asks the kernel.
 */
function isConnected(socket: Socket): boolean {
  const { _handle: handle } = socket as Socket & { _handle?: Handle | null };
  return !socket.destroyed && handle?.getpeername({}) === 0;
}
