/** The commands of `meseta maintenance`. */
import type { MachineID, MaintenanceClusterStatus, MaintenanceSchedule, Unavailability } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { systemClock } from '@meseta/system/clock';
import { readableDuration } from '@meseta/system/readable-duration';
import { agentIdOf, type ClusterAgent, clusterAgents, counted, tasksOn } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { confirm, confirmOptions } from '../confirm.ts';
import { LookupError } from '../find-task.ts';
import { listOptions, printList } from '../list.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import {
  findMachines,
  keyOfMachine,
  machineOfAgent,
  printMachine,
  scheduledMachines,
  withMachines,
  withoutMachines,
} from '../operator/machines.ts';
import { write } from '../output.ts';
import type { Column } from '../table.ts';
import { formatMoment, readDuration, readMoment, relative } from '../times.ts';

/** A machine of the schedule, as it is shown. */
interface Row {
  readonly id: MachineID;
  readonly unavailability: Unavailability;
  readonly mode: 'draining' | 'down';
  readonly agents: readonly string[];
  /** What frameworks say to being asked for what they hold there. */
  readonly answers: readonly string[];
}

const noMachine = 'Which machine? Give its host name or address, or an agent on it';
const toMs = (nanoseconds: number) => nanoseconds / 1e6;

const columns: Column<Row>[] = [
  { header: 'MACHINE', value: ({ id }) => printMachine(id), shrinks: 'middle' },
  { header: 'STATE', value: ({ mode }) => mode },
  {
    header: 'START',
    value: ({ unavailability: { start } }) => {
      const at = toMs(start.nanoseconds);
      return `${formatMoment(at)} (${relative(at, systemClock.now())})`;
    },
  },
  {
    header: 'DURATION',
    value: ({ unavailability: { duration } }) => (duration ? readableDuration(toMs(duration.nanoseconds)) : 'for ever'),
  },
  { header: 'AGENTS', value: ({ agents }) => agents.join(',') || '-', shrinks: 'end', optional: true },
  { header: 'ANSWERS', value: ({ answers }) => answers.join(', ') || '-', shrinks: 'end', optional: true },
];

const words: Readonly<Record<string, string>> = { ACCEPT: 'accepts', DECLINE: 'declines', UNKNOWN: 'has not answered' };

async function scheduleOf(client: MasterClient): Promise<MaintenanceSchedule> {
  return (await client.call({ type: 'GET_MAINTENANCE_SCHEDULE' }))?.get_maintenance_schedule?.schedule ?? {};
}

async function statusOf(client: MasterClient): Promise<MaintenanceClusterStatus> {
  return (await client.call({ type: 'GET_MAINTENANCE_STATUS' }))?.get_maintenance_status?.status ?? {};
}

async function rowsOf(
  client: MasterClient,
  schedule: MaintenanceSchedule,
  { draining_machines = [], down_machines = [] }: MaintenanceClusterStatus,
): Promise<Row[]> {
  const down = new Set(down_machines.map(keyOfMachine));
  const statuses = new Map(draining_machines.map(({ id, statuses = [] }) => [keyOfMachine(id), statuses]));
  const agents = await clusterAgents(client);
  const frameworks = (await client.call({ type: 'GET_FRAMEWORKS' }))?.get_frameworks?.frameworks ?? [];
  const names = new Map(frameworks.map(({ framework_info: { id, name } }) => [id?.value, name]));
  return scheduledMachines(schedule).map(({ id, unavailability }) => {
    const key = keyOfMachine(id);
    const answers = (statuses.get(key) ?? []).map(
      ({ framework_id: { value }, status }) => `${names.get(value) ?? value} ${words[status] ?? status}`,
    );
    const mode = down.has(key) ? 'down' : 'draining';
    return { id, unavailability, mode, agents: onMachines(agents, [id]).map(agentIdOf), answers };
  });
}

function onMachines(agents: readonly ClusterAgent[], ids: readonly MachineID[]): ClusterAgent[] {
  const keys = new Set(ids.map(keyOfMachine));
  return agents.filter(agent => {
    const machine = machineOfAgent(agent);
    return machine !== undefined && keys.has(keyOfMachine(machine));
  });
}

/** `meseta maintenance show`. */
export const maintenanceShow = command({
  name: 'maintenance show',
  summary: 'Show which machines are to be away and when, which are down, and what frameworks answer',
  options: { ...listOptions, json: { ...listOptions.json, help: 'Print JSON: the schedule and the status' } },
  run: ({ master, json, ...how }) =>
    withMaster(master, async client => {
      const [schedule, status] = [await scheduleOf(client), await statusOf(client)];
      if (json && how.format === undefined && !how.quiet) {
        await write('stdout', `${JSON.stringify({ schedule, status }, null, 2)}\n`);
        return 0;
      }
      const rows = await rowsOf(client, schedule, status);
      printList({ columns, rows, idOf: ({ id }) => printMachine(id) }, { json, ...how });
      return 0;
    }),
});

const timeOptions = {
  start: { type: 'string', value: 'TIME', help: "When it begins: now, 'in 2h', 22:00 or '2026-12-24 22:00'" },
  duration: { type: 'string', value: 'DURATION', help: 'How long it takes, such as 90m (default: for ever)' },
} as const;

const machineNote = `MACHINE is a host name or address, or an agent on it. Maintenance knows machines by the host name and the address of
their agents; one without an agent now is written HOST/ADDRESS.`;

/** `meseta maintenance schedule`. */
export const maintenanceSchedule = command({
  name: 'maintenance schedule',
  summary: 'Plan when machines are away; frameworks are asked to leave them in time',
  arguments: 'MACHINE …',
  options: { ...clusterOptions, ...timeOptions },
  notes: `${machineNote}
Their agents are still offered, with the time at which they will be away.

  meseta maintenance schedule web1 web2 --start 'in 2h' --duration 90m`,
  run: ({ master, json, start, duration }, machines) => {
    if (machines.length === 0) throw new UsageError(noMachine);
    const unavailability = readUnavailability(start, duration);
    if (unavailability === undefined) throw new UsageError("When? Give --start, such as --start 'in 2h'");
    return withMaster(master, async client => {
      const schedule = await scheduleOf(client);
      const ids = findMachines(machines, await clusterAgents(client), schedule, false);
      const planned = new Set(scheduledMachines(schedule).map(({ id }) => keyOfMachine(id)));
      const twice = ids.find(id => planned.has(keyOfMachine(id)));
      if (twice) {
        throw new UsageError(
          `${printMachine(twice)} is in the schedule already; 'meseta maintenance update' changes its time`,
        );
      }
      await replace(client, withMachines(schedule, ids, unavailability));
      await printMachines(ids, json);
      return 0;
    });
  },
});

/** `meseta maintenance update`. */
export const maintenanceUpdate = command({
  name: 'maintenance update',
  summary: 'Change when machines of the schedule are away',
  arguments: 'MACHINE …',
  options: { ...clusterOptions, ...timeOptions },
  notes: `What is not given remains as it was. Frameworks are asked again.

  meseta maintenance update web1 --start 'tomorrow 22:00'`,
  run: ({ master, json, start, duration }, machines) => {
    if (machines.length === 0) throw new UsageError(noMachine);
    if (start === undefined && duration === undefined)
      throw new UsageError('What is to change? Give --start or --duration');
    const startNs = start === undefined ? undefined : momentNs(start);
    const durationNs = duration === undefined ? undefined : durationNsOf(duration);
    return withMaster(master, async client => {
      let schedule = await scheduleOf(client);
      const ids = findMachines(machines, await clusterAgents(client), schedule, true);
      const before = new Map(scheduledMachines(schedule).map(each => [keyOfMachine(each.id), each.unavailability]));
      for (const id of ids) {
        const old = before.get(keyOfMachine(id)) ?? { start: { nanoseconds: 0 } };
        schedule = withMachines(schedule, [id], {
          ...old,
          ...(startNs !== undefined && { start: { nanoseconds: startNs } }),
          ...(durationNs !== undefined && { duration: { nanoseconds: durationNs } }),
        });
      }
      await replace(client, schedule);
      await printMachines(ids, json);
      return 0;
    });
  },
});

/** `meseta maintenance cancel`. */
export const maintenanceCancel = command({
  name: 'maintenance cancel',
  summary: 'Take machines out of the schedule',
  arguments: 'MACHINE …',
  options: clusterOptions,
  notes: "A machine that is down is refused: 'meseta maintenance stop' brings it up.",
  run: ({ master, json }, machines) => {
    if (machines.length === 0) throw new UsageError(noMachine);
    return withMaster(master, async client => {
      const schedule = await scheduleOf(client);
      const ids = findMachines(machines, await clusterAgents(client), schedule, true);
      await refuseMode(
        client,
        ids,
        'down',
        "is down; 'meseta maintenance stop' brings it up, and takes it out of the schedule",
      );
      await replace(client, withoutMachines(schedule, ids));
      await printMachines(ids, json);
      return 0;
    });
  },
});

/** `meseta maintenance start`. */
export const maintenanceStart = command({
  name: 'maintenance start',
  summary: 'Take machines of the schedule down: their agents end, with their tasks',
  arguments: 'MACHINE …',
  options: { ...clusterOptions, ...confirmOptions },
  notes: `Their agents cannot register until 'meseta maintenance stop'. Do it when frameworks have left: 'meseta maintenance
show' prints what they answered, 'meseta agents' what is used.`,
  run: ({ master, json, yes }, machines) => {
    if (machines.length === 0) throw new UsageError(noMachine);
    return withMaster(master, async client => {
      const agents = await clusterAgents(client);
      const ids = findMachines(machines, agents, await scheduleOf(client), true);
      await refuseMode(client, ids, 'down', 'is down already');
      const ending = onMachines(agents, ids);
      const tasks = await tasksOn(client, ending.map(agentIdOf));
      const ends = `ends ${counted(ending.length, 'agent')} and ${counted(tasks.length, 'task')}`;
      if (ending.length > 0) await confirm(yes, `Taking ${ids.map(printMachine).join(' and ')} down ${ends}`);
      await client.call({ type: 'START_MAINTENANCE', start_maintenance: { machines: ids } });
      await printMachines(ids, json);
      return 0;
    });
  },
});

/** `meseta maintenance stop`. */
export const maintenanceStop = command({
  name: 'maintenance stop',
  summary: 'Bring machines up again: they leave the schedule, and their agents may register',
  arguments: 'MACHINE …',
  options: clusterOptions,
  notes: 'Agents that have ended must be started again.',
  run: ({ master, json }, machines) => {
    if (machines.length === 0) throw new UsageError(noMachine);
    return withMaster(master, async client => {
      const ids = findMachines(machines, await clusterAgents(client), await scheduleOf(client), true);
      await refuseMode(
        client,
        ids,
        'draining',
        "is not down; 'meseta maintenance cancel' takes it out of the schedule",
      );
      await client.call({ type: 'STOP_MAINTENANCE', stop_maintenance: { machines: ids } });
      await printMachines(ids, json);
      return 0;
    });
  },
});

/**
 * Refuses machines that are in a state in which the master would refuse them, too; its message has machines over several
 * lines. Machines that the user may not see pass.
 *
 * @param why says what is wrong with a machine, and what to do, after its name.
 * @throws {LookupError} for the first that is in this state.
 */
async function refuseMode(
  client: MasterClient,
  ids: readonly MachineID[],
  mode: Row['mode'],
  why: string,
): Promise<void> {
  const { down_machines = [], draining_machines = [] } = await statusOf(client);
  const refused = new Set((mode === 'down' ? down_machines : draining_machines.map(({ id }) => id)).map(keyOfMachine));
  const one = ids.find(id => refused.has(keyOfMachine(id)));
  if (one) throw new LookupError(`${printMachine(one)} ${why}`);
}

async function replace(client: MasterClient, schedule: MaintenanceSchedule): Promise<void> {
  await client.call({ type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule } });
}

async function printMachines(ids: readonly MachineID[], json: boolean | undefined): Promise<void> {
  for (const id of ids) await write('stdout', `${json ? JSON.stringify(id) : printMachine(id)}\n`);
}

function readUnavailability(start: string | undefined, duration: string | undefined): Unavailability | undefined {
  if (start === undefined) return undefined;
  return {
    start: { nanoseconds: momentNs(start) },
    ...(duration !== undefined && { duration: { nanoseconds: durationNsOf(duration) } }),
  };
}

function momentNs(text: string): number {
  return readMoment('--start', text, systemClock.now()) * 1e6;
}

function durationNsOf(text: string): number {
  return readDuration('--duration', text) * 1e6;
}
