import type { RegistryMachine } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';

/** Keys of the machines that are down; lists of machines in the registry are replaced, never changed. */
const down = new WeakMap<readonly RegistryMachine[], ReadonlySet<string>>();

/**
 * Whether maintenance has the machine of an agent down. Machines are the same when host name (in any case) and IP
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

/** The IP address in a pid, without brackets. */
export function ipOf(pid: string): string {
  return pid.slice(pid.lastIndexOf('@') + 1, pid.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function key(hostname: string | undefined, ip: string | undefined): string {
  return `${hostname?.toLowerCase() ?? ''} ${ip ?? ''}`;
}
