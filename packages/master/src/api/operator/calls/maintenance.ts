/** Calls about the maintenance of machines. */
import { asks, showing } from '@meseta/daemon';
import {
  machinesConcerned,
  maintenanceSchedule,
  maintenanceStatus,
  startMaintenance,
  stopMaintenance,
  updateMaintenanceSchedule,
} from '../../../operator/index.ts';
import type { MasterOperatorCall } from '../call.ts';

/** The operator calls about maintenance. */
export const maintenanceCalls = {
  GET_MAINTENANCE_STATUS: showing(['GET_MAINTENANCE_STATUS'], ({ master }, see) => ({
    type: 'GET_MAINTENANCE_STATUS',
    get_maintenance_status: { status: maintenanceStatus(master, see) },
  })),
  GET_MAINTENANCE_SCHEDULE: showing(['GET_MAINTENANCE_SCHEDULE'], ({ master }, see) => ({
    type: 'GET_MAINTENANCE_SCHEDULE',
    get_maintenance_schedule: { schedule: maintenanceSchedule(master, see) },
  })),
  UPDATE_MAINTENANCE_SCHEDULE: {
    needs: 'update_maintenance_schedule',
    access: asks('UPDATE_MAINTENANCE_SCHEDULE', ({ master }, { update_maintenance_schedule }) =>
      machinesConcerned(master, update_maintenance_schedule?.schedule ?? {}).map(machine_id => ({ machine_id })),
    ),
    answer: async ({ master }, { update_maintenance_schedule }) => {
      await updateMaintenanceSchedule(master, update_maintenance_schedule?.schedule ?? {});
      return undefined;
    },
  },
  START_MAINTENANCE: {
    needs: 'start_maintenance',
    access: asks('START_MAINTENANCE', (_, { start_maintenance }) =>
      (start_maintenance?.machines ?? []).map(machine_id => ({ machine_id })),
    ),
    answer: async ({ master }, { start_maintenance }) => {
      await startMaintenance(master, start_maintenance?.machines ?? []);
      return undefined;
    },
  },
  STOP_MAINTENANCE: {
    needs: 'stop_maintenance',
    access: asks('STOP_MAINTENANCE', (_, { stop_maintenance }) =>
      (stop_maintenance?.machines ?? []).map(machine_id => ({ machine_id })),
    ),
    answer: async ({ master }, { stop_maintenance }) => {
      await stopMaintenance(master, stop_maintenance?.machines ?? []);
      return undefined;
    },
  },
} as const satisfies Record<string, MasterOperatorCall>;
