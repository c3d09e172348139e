/** Calls about the maintenance of machines. */
import {
  maintenanceSchedule,
  maintenanceStatus,
  startMaintenance,
  stopMaintenance,
  updateMaintenanceSchedule,
} from '../../../operator/index.ts';
import type { MasterOperatorCall } from '../call.ts';

export const maintenanceCalls = {
  GET_MAINTENANCE_STATUS: {
    answer: ({ master }) => ({
      type: 'GET_MAINTENANCE_STATUS',
      get_maintenance_status: { status: maintenanceStatus(master) },
    }),
  },
  GET_MAINTENANCE_SCHEDULE: {
    answer: ({ master }) => ({
      type: 'GET_MAINTENANCE_SCHEDULE',
      get_maintenance_schedule: { schedule: maintenanceSchedule(master) },
    }),
  },
  UPDATE_MAINTENANCE_SCHEDULE: {
    needs: 'update_maintenance_schedule',
    answer: async ({ master }, { update_maintenance_schedule }) => {
      await updateMaintenanceSchedule(master, update_maintenance_schedule?.schedule ?? {});
      return undefined;
    },
  },
  START_MAINTENANCE: {
    needs: 'start_maintenance',
    answer: async ({ master }, { start_maintenance }) => {
      await startMaintenance(master, start_maintenance?.machines ?? []);
      return undefined;
    },
  },
  STOP_MAINTENANCE: {
    needs: 'stop_maintenance',
    answer: async ({ master }, { stop_maintenance }) => {
      await stopMaintenance(master, stop_maintenance?.machines ?? []);
      return undefined;
    },
  },
} as const satisfies Record<string, MasterOperatorCall>;
