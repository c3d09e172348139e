/** The maintenance of the cluster, which has no events. */
import type { MaintenanceClusterStatus, MaintenanceSchedule } from '@meseta/protocol/browser';
import { query } from '../requests/operator-api.ts';
import { Poll } from '../requests/poll.ts';

/** How often it is read, in milliseconds. */
const EVERY_MS = 5000;

/** The schedule, and what the machines in it do. */
export interface Maintenance {
  readonly schedule: MaintenanceSchedule;
  readonly status: MaintenanceClusterStatus;
}

/** The maintenance that all parts of the page show. */
export const maintenance = new Poll<Maintenance>({
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
