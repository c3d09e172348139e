/** What an inspected container says of itself. */
import type { NetworkInfo } from '@meseta/protocol';
import { formatBytes } from '../format-bytes.ts';
import type { ContainerInspect } from './engine/answers.ts';

/** Networks of the engine that frameworks do not name. */
const unnamed: readonly string[] = ['bridge', 'host', 'none'];

/** What is kept of a running container that was inspected: the engine's whole answer may have megabytes. */
export interface ContainerFacts {
  /** Of its first process, on the engine's machine; 0 when it does not run. */
  readonly pid: number;
  /** Those in which it has addresses of its own. */
  readonly networks: readonly NetworkInfo[];
  /** The signal that its image wants to be stopped by; undefined when it names none. */
  readonly stopSignal: NodeJS.Signals | undefined;
}

/** Returns what is kept of an inspected container. */
export function factsOf(inspected: ContainerInspect): ContainerFacts {
  const { state, json } = inspected;
  const { StopSignal: asked } = (json.Config ?? {}) as { readonly StopSignal?: unknown };
  return {
    pid: state.pid,
    networks: networkInfosOf(inspected),
    stopSignal: typeof asked === 'string' && asked !== '' ? (asked as NodeJS.Signals) : undefined,
  };
}

function networkInfosOf({ networks }: ContainerInspect): NetworkInfo[] {
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
export function descriptionOf(json: ContainerInspect['json']): string {
  return Buffer.from(`${JSON.stringify([json], null, 4)}\n`).toString('base64');
}

/** Returns the words for a container of which a process was killed because it has no more memory. */
export function outOfMemory({ state, json }: ContainerInspect): string | undefined {
  if (!state.oomKilled) return undefined;
  const { Memory: bytes } = (json.HostConfig ?? {}) as { readonly Memory?: unknown };
  const limit = typeof bytes === 'number' && bytes > 0 ? ` of ${formatBytes(bytes)}` : '';
  return `The container used all its memory${limit}: Linux killed a process of it`;
}
