/** The maintenance of the cluster, which has no events. */
import type {
  MaintenanceClusterStatus,
  MaintenanceSchedule,
  MaintenanceWindow,
  MasterCall,
} from '@meseta/protocol/browser';
import { query } from '../requests/operator-api.ts';
import { Poll } from '../requests/poll.ts';
import { expectShape, type Shape } from '../requests/shape.ts';
import { withWindow } from './schedule.ts';

/** How often it is read, in milliseconds. */
const EVERY_MS = 5000;
/** How long the master may take to answer before a change, in milliseconds. */
const PATIENCE_MS = 30_000;

/** The schedule, and what the machines in it do. */
export interface Maintenance {
  readonly schedule: MaintenanceSchedule;
  readonly status: MaintenanceClusterStatus;
}

const machine: Shape = { 'hostname?': 'string', 'ip?': 'string' };

const scheduleShape: Shape = {
  'windows?': [{ 'machine_ids?': [machine], unavailability: { start: { nanoseconds: 'number' } } }],
};

const statusShape: Shape = { 'draining_machines?': [{ id: machine }], 'down_machines?': [machine] };

/** The maintenance that all parts of the page show. */
export const maintenance = new Poll<Maintenance>({
  everyMs: EVERY_MS,
  async ask(signal) {
    const [schedule, status] = await Promise.all([
      query({ type: 'GET_MAINTENANCE_SCHEDULE' }, signal),
      query({ type: 'GET_MAINTENANCE_STATUS' }, signal),
    ]);
    return {
      schedule: expectShape(schedule.get_maintenance_schedule?.schedule ?? {}, scheduleShape),
      status: expectShape(status.get_maintenance_status?.status ?? {}, statusShape),
    };
  },
});

/**
 * Returns the call that changes one window, see {@link withWindow}. It replaces all of the schedule, which is read at once before, so
 * that windows that others have made since the page read it stay. @throws {RequestError}
 */
export async function windowChange(
  old: MaintenanceWindow | undefined,
  window: MaintenanceWindow | undefined,
): Promise<MasterCall> {
  const answer = await query({ type: 'GET_MAINTENANCE_SCHEDULE' }, AbortSignal.timeout(PATIENCE_MS));
  const schedule = withWindow(answer.get_maintenance_schedule?.schedule ?? {}, old, window);
  return { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule } };
}
