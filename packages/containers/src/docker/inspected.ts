/** What an inspected container says of itself. */
import { connect, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import type { NetworkInfo } from '@meseta/protocol';
import { formatBytes } from '../format-bytes.ts';
import type { ContainerInspect } from './engine/answers.ts';

/** Networks of the engine that frameworks do not name. */
const unnamed: readonly string[] = ['bridge', 'host', 'none'];

/** Returns the networks in which a container has addresses of its own; none in the host's. */
export function networkInfosOf({ networks }: ContainerInspect): NetworkInfo[] {
  return Object.entries(networks).flatMap(([name, { ipAddress, ipv6Address }]) => {
    const ip_addresses = [
      ...(ipAddress === '' ? [] : [{ protocol: 'IPv4' as const, ip_address: ipAddress }]),
      ...(ipv6Address === '' ? [] : [{ protocol: 'IPv6' as const, ip_address: ipv6Address }]),
    ];
    if (ip_addresses.length === 0) return [];
    return [{ ...(!unnamed.includes(name) && { name }), ip_addresses }];
  });
}

/** Returns the description of a container for `TaskStatus.data`: what `docker inspect` prints, in base64. */
export function descriptionOf({ json }: ContainerInspect): string {
  return Buffer.from(`${JSON.stringify([json], null, 4)}\n`).toString('base64');
}

/** Returns an address of the container's own; undefined in the host's network, and in none. */
export function addressOf(inspected: ContainerInspect | undefined): string | undefined {
  const [network] = inspected === undefined ? [] : networkInfosOf(inspected);
  return network?.ip_addresses?.[0]?.ip_address;
}

/** Connects to a port. @param signal ends the connection, also when it has been made. */
export function connectTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port });
  addAbortSignal(signal, socket);
  socket.once('connect', () => resolve(socket));
  socket.once('error', reject);
  return promise;
}

/** Returns the signal that a container's image wants to be stopped by; undefined when it names none. */
export function stopSignalOf(inspected: ContainerInspect | undefined): NodeJS.Signals | undefined {
  const config = inspected?.json.Config as { readonly StopSignal?: unknown } | undefined;
  const asked = config?.StopSignal;
  return typeof asked === 'string' && asked !== '' ? (asked as NodeJS.Signals) : undefined;
}

/** Returns the words for a container of which a process was killed because it has no more memory. */
export function outOfMemory({ state, json }: ContainerInspect): string | undefined {
  if (!state.oomKilled) return undefined;
  const { Memory: bytes } = (json.HostConfig ?? {}) as { readonly Memory?: unknown };
  const limit = typeof bytes === 'number' && bytes > 0 ? ` of ${formatBytes(bytes)}` : '';
  return `The container used all its memory${limit}: Linux killed a process of it`;
}
