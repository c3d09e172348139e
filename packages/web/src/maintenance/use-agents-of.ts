import type { MachineID } from '@meseta/protocol/browser';
import { useWindow } from '../feed/hooks.ts';
import { exactly } from '../query/filter-tokens.ts';
import { isHeading } from '../query/view.ts';
import type { Row } from '../store/table.ts';
import { machineKey } from './schedule.ts';

/** More agents are not looked up. */
const MAX_AGENTS = 1000;

/** Returns the agents of machines, by {@link machineKey}. */
export function useAgentsOf(machines: readonly MachineID[]): ReadonlyMap<string, readonly Row[]> {
  const names = machines.flatMap(({ hostname }) => (hostname ? [hostname] : []));
  const query = { filter: exactly('hostname', names), sort: 'hostname', descending: false, offset: 0 };
  const window = useWindow('agents', { ...query, limit: names.length === 0 ? 0 : MAX_AGENTS });
  const agents = new Map<string, Row[]>();
  for (const row of window?.rows ?? []) {
    if (isHeading(row)) continue;
    const key = machineKey(machineOf(row));
    agents.set(key, [...(agents.get(key) ?? []), row]);
  }
  return agents;
}

/** Returns the machine of an agent. */
export function machineOf(row: Row): MachineID {
  return { hostname: String(row.hostname), ip: String(row.address).replace(/:\d+$/, '') };
}
