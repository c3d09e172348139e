/** `/maintenance/*` and `/machine/*`. */

import {
  changes,
  type DaemonRoute,
  type PreparedChange,
  prepareChange,
  type RouteHandler,
  shows,
} from '@meseta/daemon';
import { empty, json, type Request } from '@meseta/process';
import { fromJson, MachineID, MaintenanceSchedule } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import {
  machinesConcerned,
  maintenanceSchedule,
  maintenanceStatus,
  startMaintenance,
  stopMaintenance,
  updateMaintenanceSchedule,
} from '../operator/index.ts';
import { bodyText, jsonp, list, messages, readJson, readonlyRealm, readwriteRealm } from './route.ts';

/** `/maintenance/*` and `/machine/*`: schedules, and machines that go down and come up. */
export function maintenanceRoutes(context: MasterContext): DaemonRoute[] {
  return [
    {
      path: '/maintenance/schedule',
      realm: readwriteRealm,
      help: {
        summary: 'Shows and replaces the maintenance schedule.',
        description:
          'A schedule is a list of windows, each with machines (host name and IP address, both as the agent has them) and the time they are away. ' +
          'Machines in it begin to drain: frameworks are asked for what they hold there.',
        parameters: jsonp,
        statuses: { 200: 'The schedule, or nothing after POST.', 400: 'The schedule is invalid.' },
      },
      does: {
        GET: shows(['GET_MAINTENANCE_SCHEDULE'], (request, see) => json(maintenanceSchedule(context, see), request)),
        POST: changes('UPDATE_MAINTENANCE_SCHEDULE', async request => {
          const body = await bodyText(request);
          const schedule = readJson(body, '', value => fromJson(MaintenanceSchedule, value));
          return aboutMachines('UPDATE_MAINTENANCE_SCHEDULE', machinesConcerned(context, schedule), () =>
            updateMaintenanceSchedule(context, schedule),
          );
        }),
      },
    },
    {
      path: '/maintenance/status',
      methods: ['GET'],
      realm: readonlyRealm,
      help: {
        summary: 'Shows which machines are draining and which are down.',
        parameters: jsonp,
        statuses: { 200: 'Draining machines with the answers of frameworks, and machines that are down.' },
      },
      does: shows(['GET_MAINTENANCE_STATUS'], (request, see) => json(maintenanceStatus(context, see), request)),
    },
    {
      path: '/machine/down',
      methods: ['POST'],
      realm: readwriteRealm,
      help: {
        summary: 'Takes machines down: their agents are removed and cannot register.',
        description: 'Takes a list of machines, `[{"hostname": "host", "ip": "10.0.0.1"}]`.',
        statuses: { 200: 'Done.', 400: 'A machine is not draining.' },
      },
      does: withMachines('START_MAINTENANCE', machines => startMaintenance(context, machines)),
    },
    {
      path: '/machine/up',
      methods: ['POST'],
      realm: readwriteRealm,
      help: {
        summary: 'Brings machines up: they leave the schedule, and their agents may register.',
        description: 'Takes a list of machines, `[{"hostname": "host", "ip": "10.0.0.1"}]`.',
        statuses: { 200: 'Done.', 400: 'A machine is not down.' },
      },
      does: withMachines('STOP_MAINTENANCE', machines => stopMaintenance(context, machines)),
    },
  ];
}

type MachineAction = 'UPDATE_MAINTENANCE_SCHEDULE' | 'START_MAINTENANCE' | 'STOP_MAINTENANCE';

function withMachines(action: MachineAction, act: (machines: MachineID[]) => Promise<void>): RouteHandler {
  return changes(action, async (request: Request) => {
    const body = await bodyText(request);
    const machines = readJson(body, '', value => messages(MachineID, list(value)));
    return aboutMachines(action, machines, () => act(machines));
  });
}

function aboutMachines<A extends MachineAction>(
  action: A,
  machines: readonly MachineID[],
  act: () => Promise<void>,
): PreparedChange<A> {
  const objects = machines.map(machine_id => ({ machine_id }));
  return prepareChange(action, objects, async () => {
    await act();
    return empty(200);
  });
}
