import type { RegistryMachine } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';

/** The machines of the schedule by key; lists of machines in the registry are replaced, never changed. */
const indexes = new WeakMap<readonly RegistryMachine[], ReadonlyMap<string, RegistryMachine>>();

/**
 * Returns the machine of an agent in the registry. Machines are the same when host name (in any case) and IP address are;
 * an agent's always has both.
 *
 * @param pid of the agent.
 */
function machineOf({ registrar }: MasterContext, pid: string, hostname: string): RegistryMachine | undefined {
  const { machines } = registrar.registry.concerns;
  if (machines.length === 0) return undefined;
  let index = indexes.get(machines);
  if (!index) {
    index = new Map(machines.map(machine => [key(machine.info.id.hostname, machine.info.id.ip), machine]));
    indexes.set(machines, index);
  }
  return index.get(key(hostname, ipOf(pid)));
}

/** Tells whether maintenance has the machine of an agent down. @param pid of the agent. */
export function isMachineDown(context: MasterContext, pid: string, hostname: string): boolean {
  return machineOf(context, pid, hostname)?.info.mode === 'DOWN';
}

/** Returns when an agent's machine will be away for maintenance; undefined when none is planned. */
export function unavailabilityOf(
  context: MasterContext,
  { pid, info: { hostname } }: Agent,
): { startNs: number; durationNs?: number } | undefined {
  const planned = machineOf(context, pid, hostname)?.info.unavailability;
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
