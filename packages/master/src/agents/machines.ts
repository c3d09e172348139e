import type { RegistryMachine } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';

/** Keys of the machines that are down; lists of machines in the registry are replaced, never changed. */
const down = new WeakMap<readonly RegistryMachine[], ReadonlySet<string>>();

/**
 * Tells whether maintenance has the machine of an agent down. Machines are the same when host name (in any case) and IP
 * address are; an agent's always has both.
 *
 * @param pid of the agent.
 */
export function isMachineDown({ registrar }: MasterContext, pid: string, hostname: string): boolean {
  const { machines } = registrar.registry.concerns;
  let keys = down.get(machines);
  if (!keys) {
    keys = new Set(
      machines.filter(({ info }) => info.mode === 'DOWN').map(({ info }) => key(info.id.hostname, info.id.ip)),
    );
    down.set(machines, keys);
  }
  return keys.size > 0 && keys.has(key(hostname, ipOf(pid)));
}

/** Returns when an agent's machine will be away for maintenance; undefined when none is planned. */
export function unavailabilityOf(
  { registrar }: MasterContext,
  { pid, info: { hostname } }: Agent,
): { startNs: number; durationNs?: number } | undefined {
  const { machines } = registrar.registry.concerns;
  if (machines.length === 0) return undefined;
  const own = key(hostname, ipOf(pid));
  const planned = machines.find(({ info }) => key(info.id.hostname, info.id.ip) === own)?.info.unavailability;
  if (!planned) return undefined;
  const durationNs = planned.duration?.nanoseconds;
  return { startNs: planned.start.nanoseconds, ...(durationNs !== undefined && { durationNs }) };
}

/** Returns the IP address in a pid, without brackets. */
export function ipOf(pid: string): string {
  return pid.slice(pid.lastIndexOf('@') + 1, pid.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function key(hostname: string | undefined, ip: string | undefined): string {
  return `${hostname?.toLowerCase() ?? ''} ${ip ?? ''}`;
}
