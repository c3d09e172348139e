import type { MachineID, MaintenanceClusterStatus, MaintenanceSchedule } from '@meseta/protocol/browser';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAnswer } from '../../ask/answer.tsx';
import { change, query } from '../../ask/operator.ts';
import { useWindow } from '../../feed/hooks.ts';
import { exactly } from '../../query/filter-tokens.ts';
import { isHeading } from '../../query/view.ts';
import type { Row } from '../../store/table.ts';
import { machineKey } from './schedule.ts';

/** The schedule, and what the machines in it do. */
export interface Maintenance {
  readonly schedule: MaintenanceSchedule;
  readonly status: MaintenanceClusterStatus;
}

const key = ['maintenance'];
const EVERY_MS = 5000;

/** Asks for the maintenance of the cluster. */
export function useMaintenance() {
  return useAnswer<Maintenance>({
    key,
    everyMs: EVERY_MS,
    async ask(signal) {
      const [schedule, status] = await Promise.all([
        query({ type: 'GET_MAINTENANCE_SCHEDULE' }, signal),
        query({ type: 'GET_MAINTENANCE_STATUS' }, signal),
      ]);
      return {
        schedule: schedule.get_maintenance_schedule?.schedule ?? {},
        status: status.get_maintenance_status?.status ?? {},
      };
    },
  });
}

/** A change that is under way, or has failed. */
export interface Changing {
  readonly isBusy: boolean;
  readonly problem: Error | undefined;
  /** Makes the call. @returns whether the master has done it. */
  apply(call: Parameters<typeof change>[0]): Promise<boolean>;
}

/** Makes changes of the maintenance, and asks for it again after each. */
export function useMaintenanceChange(): Changing {
  const client = useQueryClient();
  const [problem, setProblem] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const apply = async (call: Parameters<typeof change>[0]) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await change(call);
      await client.invalidateQueries({ queryKey: key });
      return true;
    } catch (error) {
      setProblem(error as Error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, apply };
}

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
