/** Machines of the maintenance schedule, and which agents are on them. */
import { isDeepStrictEqual } from 'node:util';
import type { MachineID, RegistryMachine } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';

/** The machines of the schedule by key; lists of machines in the registry are replaced, never changed. */
const indexes = new WeakMap<readonly RegistryMachine[], ReadonlyMap<string, RegistryMachine>>();

/** Returns machines of the registry by their keys. */
export function byKey(machines: readonly RegistryMachine[]): ReadonlyMap<string, RegistryMachine> {
  let index = indexes.get(machines);
  if (!index) {
    index = new Map(machines.map(machine => [machineKey(machine.info.id), machine]));
    indexes.set(machines, index);
  }
  return index;
}

/** Returns the key of a machine. Machines are the same when host names, in any case, and IP addresses are. */
export function machineKey({ hostname = '', ip = '' }: MachineID): string {
  return `${hostname.toLowerCase()} ${ip}`;
}

/** Returns the key of an agent's machine: an agent always has both a host name and an IP address. */
export function keyOfAgent({ info, pid }: Agent): string {
  return machineKey({ hostname: info.hostname, ip: ipOf(pid) });
}

/** Tells whether maintenance has the machine of an agent down. @param pid of the agent. */
export function isMachineDown({ registrar }: MasterContext, pid: string, hostname: string): boolean {
  const { machines } = registrar.registry.concerns;
  return byKey(machines).get(machineKey({ hostname, ip: ipOf(pid) }))?.info.mode === 'DOWN';
}

/**
 * Takes over from the schedule when an agent's machine is away, and tells the allocator.
 *
 * @returns whether that is another time than before.
 */
export function takeUnavailability({ registrar, allocation }: MasterContext, agent: Agent): boolean {
  const { machines } = registrar.registry.concerns;
  const unavailability = byKey(machines).get(keyOfAgent(agent))?.info.unavailability;
  if (isDeepStrictEqual(agent.unavailability, unavailability)) return false;
  agent.unavailability = unavailability;
  const { start, duration } = unavailability ?? {};
  allocation.updateUnavailability(
    agent,
    start && { startNs: start.nanoseconds, ...(duration && { durationNs: duration.nanoseconds }) },
  );
  return true;
}

/** Returns the IP address in a pid, without brackets. */
export function ipOf(pid: string): string {
  return pid.slice(pid.lastIndexOf('@') + 1, pid.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
