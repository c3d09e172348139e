/** `/maintenance/*` and `/machine/*`. */

import { empty, json, type Request, type Response, type Route } from '@meseta/process';
import { fromJson, MachineID, MaintenanceSchedule } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import {
  maintenanceSchedule,
  maintenanceStatus,
  startMaintenance,
  stopMaintenance,
  updateMaintenanceSchedule,
} from '../operator/index.ts';
import { bodyText, jsonp, list, messages, readJson, readonlyRealm, readwriteRealm } from './route.ts';

/** `/maintenance/*` and `/machine/*`: schedules, and machines that go down and come up. */
export function maintenanceRoutes(context: MasterContext): Route[] {
  return [
    {
      path: '/maintenance/schedule',
      methods: ['GET', 'POST'],
      realm: readwriteRealm,
      help: {
        summary: 'Shows and replaces the maintenance schedule.',
        description:
          'A schedule is a list of windows, each with machines (host name and IP address, both as the agent has them) and the time they are away. ' +
          'Machines in it begin to drain: frameworks are asked for what they hold there.',
        parameters: jsonp,
        statuses: { 200: 'The schedule, or nothing after POST.', 400: 'The schedule is invalid.' },
      },
      async handler(request) {
        if (request.method !== 'POST') return json(maintenanceSchedule(context), request);
        const body = await bodyText(request);
        const schedule = readJson(body, '', value => fromJson(MaintenanceSchedule, value));
        await updateMaintenanceSchedule(context, schedule);
        return empty(200);
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
      handler: request => json(maintenanceStatus(context), request),
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
      handler: request => withMachines(request, machines => startMaintenance(context, machines)),
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
      handler: request => withMachines(request, machines => stopMaintenance(context, machines)),
    },
  ];
}

async function withMachines(request: Request, act: (machines: MachineID[]) => Promise<void>): Promise<Response> {
  const body = await bodyText(request);
  await act(readJson(body, '', value => messages(MachineID, list(value))));
  return empty(200);
}
