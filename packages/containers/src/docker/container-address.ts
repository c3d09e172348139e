/** Connections to the ports of Docker containers, at the addresses that their engine reports. */
import { connect, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import type { ConnectTarget } from '../containerizer.ts';
import type { DockerContainer } from './docker-container.ts';

/** The engine reports no address of a container at which its ports could be reached. */
class NoAddressError extends Error {
  override readonly name = 'NoAddressError';
  readonly code = 'NO_ADDRESS';

  /** @param kind `IPv6 address`. */
  constructor({ facts, networkMode }: DockerContainer, kind: string) {
    super(
      facts === undefined
        ? 'The address of the container is not known: its Docker engine is away since the agent was started'
        : `The Docker engine reports no ${kind} of the container, whose network is '${networkMode}': HTTP and TCP checks need one, COMMAND checks do not`,
    );
  }
}

/**
 * Connects to a port of a container, wherever its engine is. The container's own address takes the place of the loopback address that
 * checks name, of the same family.
 *
 * @param signal ends the connection, also when it has been made.
 * @throws {NoAddressError} an error with `code` and `address` as those of Node.js; an AbortError.
 */
export async function connectToContainer(
  container: DockerContainer,
  { host, port }: ConnectTarget,
  signal: AbortSignal,
): Promise<Socket> {
  const wanted = host.includes(':') ? 'IPv6' : 'IPv4';
  const all = container.facts?.networks.flatMap(({ ip_addresses = [] }) => ip_addresses) ?? [];
  // A container that has IPv6 only is reached by checks that cannot choose.
  const found = all.find(({ protocol }) => protocol === wanted) ?? (wanted === 'IPv4' ? all[0] : undefined);
  if (found?.ip_address === undefined)
    throw new NoAddressError(container, wanted === 'IPv6' && all.length > 0 ? 'IPv6 address' : 'address');
  return connectTo(found.ip_address, port, signal);
}

function connectTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port });
  addAbortSignal(signal, socket);
  socket.once('connect', () => resolve(socket));
  socket.once('error', reject);
  return promise;
}
