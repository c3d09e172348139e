/**
 * Maintenance: an operator plans when machines are away, takes them down, and brings them up again.
 *
 * ```text
 * UP ──in a schedule──▶ DRAINING ──machine/down──▶ DOWN ──machine/up──▶ UP
 *  ◀──not in the next schedule──┘
 * ```
 *
 * While a machine drains, frameworks are asked for what they hold on it. Agents of a machine that is down are removed
 * and cannot register.
 *
 * @see Mesos src/master/maintenance.cpp
 */
import { isIPv4 } from 'node:net';
import { type Filters, shown } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import type {
  MachineID,
  MachineInfoMode,
  MaintenanceClusterStatus,
  MaintenanceSchedule,
  RegistryMachine,
} from '@meseta/protocol';
import { inSlices } from '@meseta/system';
import {
  byKey,
  isMachineDown,
  keyOfAgent,
  machineKey,
  removeAgent,
  rescindOffers,
  shutDownAgent,
  takeUnavailability,
} from '../agents/index.ts';
import type { MasterContext } from '../context.ts';
import { updateConcerns } from '../registrar/concerns.ts';
import type { Agent } from '../state/agent.ts';

/**
 * Returns all machines that a new schedule concerns: those in it, and those of the schedule that it replaces, which may
 * leave it. Mesos asks about the former only, so that everyone may send an empty schedule there.
 */
export function machinesConcerned({ registrar }: MasterContext, { windows = [] }: MaintenanceSchedule): MachineID[] {
  const replaced = registrar.registry.concerns.schedules.flatMap(schedule => schedule.windows ?? []);
  return [...windows, ...replaced].flatMap(({ machine_ids = [] }) => machine_ids);
}

/** Returns what GET_MAINTENANCE_SCHEDULE shows. */
export function maintenanceSchedule(
  { registrar }: MasterContext,
  see: Filters<'GET_MAINTENANCE_SCHEDULE'>,
): MaintenanceSchedule {
  const schedule = registrar.registry.concerns.schedules[0] ?? {};
  const { GET_MAINTENANCE_SCHEDULE: sees } = see;
  if (sees === undefined) return schedule;
  const windows = (schedule.windows ?? [])
    .map(window => ({ ...window, machine_ids: window.machine_ids?.filter(machine_id => sees({ machine_id })) ?? [] }))
    .filter(({ machine_ids }) => machine_ids.length > 0);
  return { ...schedule, windows };
}

/** Returns which machines drain, with the frameworks' answers, and which are down. */
export function maintenanceStatus(
  context: MasterContext,
  see: Filters<'GET_MAINTENANCE_STATUS'>,
): MaintenanceClusterStatus {
  const all = context.registrar.registry.concerns.machines;
  const machines = [...shown(all, see.GET_MAINTENANCE_STATUS, ({ info }) => ({ machine_id: info.id }))];
  const agents = agentsByMachine(context);
  const draining = machines
    .filter(({ info }) => info.mode === 'DRAINING')
    .map(({ info: { id } }) => {
      const statuses = (agents.get(machineKey(id)) ?? []).flatMap(agent => inverseAnswers(context, agent));
      return { id, ...(statuses.length > 0 && { statuses }) };
    });
  const down = machines.filter(({ info }) => info.mode === 'DOWN').map(({ info: { id } }) => id);
  return {
    ...(draining.length > 0 && { draining_machines: draining }),
    ...(down.length > 0 && { down_machines: down }),
  };
}

function inverseAnswers({ allocation }: MasterContext, agent: Agent) {
  return [...allocation.inverseAnswers(agent.id)].map(([frameworkId, { status, atMs }]) => ({
    status,
    framework_id: { value: frameworkId },
    timestamp: { nanoseconds: Math.round(atMs * 1e6) },
  }));
}

/**
 * Replaces the schedule. Machines that are new in it begin to drain, those that are no longer in it are up again.
 *
 * @throws {HttpError} 400 for an invalid schedule, or one without a machine that is down.
 */
export async function updateMaintenanceSchedule(context: MasterContext, schedule: MaintenanceSchedule): Promise<void> {
  const { registrar } = context;
  const problem = scheduleProblem(schedule, registrar.registry.concerns.machines);
  if (problem !== undefined) throw new HttpError('CALL_INVALID', problem);
  const windows = schedule.windows ?? [];
  await registrar.apply(
    updateConcerns('Update maintenance schedule', concerns => {
      const before = byKey(concerns.machines);
      const machines = windows.flatMap(({ machine_ids = [], unavailability }) =>
        machine_ids.map((id): RegistryMachine => {
          const mode = before.get(machineKey(id))?.info.mode ?? 'DRAINING';
          return { info: { id, mode, unavailability } };
        }),
      );
      return { machines, schedules: windows.length > 0 ? [schedule] : [] };
    }),
  );
  context.log.info('Updated maintenance schedule', { windows: windows.length });
  await inSlices(announcing(context));
}

/**
 * Takes machines down: their agents are asked to end, and are removed.
 *
 * @throws {HttpError} 400 for machines that do not drain.
 */
export async function startMaintenance(context: MasterContext, ids: readonly MachineID[]): Promise<void> {
  checkModes(context, ids, 'DRAINING', 'brought down');
  const keys = new Set(ids.map(machineKey));
  await context.registrar.apply(
    updateConcerns('Start maintenance', ({ machines }) => ({
      machines: machines.map(machine =>
        keys.has(machineKey(machine.info.id)) ? { info: { ...machine.info, mode: 'DOWN' } } : machine,
      ),
    })),
  );
  const agents = agentsByMachine(context);
  const ending = ids.flatMap(id => agents.get(machineKey(id)) ?? []);
  const ended: Promise<void>[] = [];
  await inSlices(beginning(ending, agent => ended.push(endAgent(context, agent))));
  await Promise.all(ended);
}

function* beginning(agents: readonly Agent[], begin: (agent: Agent) => void): Generator<void> {
  for (const agent of agents) {
    begin(agent);
    yield;
  }
}

/**
 * Brings machines up again: they leave the schedule.
 *
 * @throws {HttpError} 400 for machines that are not down.
 */
export async function stopMaintenance(context: MasterContext, ids: readonly MachineID[]): Promise<void> {
  checkModes(context, ids, 'DOWN', 'brought up');
  const keys = new Set(ids.map(machineKey));
  const stays = (id: MachineID) => !keys.has(machineKey(id));
  await context.registrar.apply(
    updateConcerns('Stop maintenance', ({ machines, schedules }) => ({
      machines: machines.filter(({ info }) => stays(info.id)),
      schedules: schedules
        .map(({ windows = [] }) => ({
          windows: windows
            .map(window => ({ ...window, machine_ids: (window.machine_ids ?? []).filter(stays) }))
            .filter(({ machine_ids }) => machine_ids.length > 0),
        }))
        .filter(({ windows }) => windows.length > 0),
    })),
  );
  await inSlices(announcing(context));
}

/** Returns the machine of the agent; undefined when it is not part of the schedule. */
export function scheduledMachine({ registrar }: MasterContext, agent: Agent): MachineID | undefined {
  return byKey(registrar.registry.concerns.machines).get(keyOfAgent(agent))?.info.id;
}

/** Removes agents whose machine went down while they were being admitted. */
export function watchMaintenance(context: MasterContext): void {
  const { cluster, log } = context;
  const meet = (agent: Agent) => {
    if (cluster.agents.get(agent.id) !== agent || !isMachineDown(context, agent.pid, agent.info.hostname)) return;
    endAgent(context, agent).catch(error => log.error('Removing an agent failed', { agent_id: agent.id, error }));
  };
  // In a turn of its own: observers must not change the cluster, and the allocator does not know the agent yet.
  cluster.observe({ agentAdded: agent => queueMicrotask(() => meet(agent)) });
}

async function endAgent(context: MasterContext, agent: Agent): Promise<void> {
  const message = "Operator initiated 'Machine DOWN'";
  shutDownAgent(context, agent.pid, message);
  await removeAgent(context, agent, message, 'maintenance');
}

/**
 * Takes over what has changed for agents, one at a step, from the schedule as it is then. Offers carry it, so those of
 * before are taken back.
 */
function* announcing(context: MasterContext): Generator<void> {
  for (const agent of context.cluster.agents.values()) {
    if (takeUnavailability(context, agent)) rescindOffers(context, agent);
    yield;
  }
}

/** Returns the registered agents by the key of their machine: all at once, because there may be many of both. */
function agentsByMachine({ cluster }: MasterContext): Map<string, Agent[]> {
  const agents = new Map<string, Agent[]>();
  for (const agent of cluster.agents.values()) {
    const key = keyOfAgent(agent);
    const others = agents.get(key);
    if (others) others.push(agent);
    else agents.set(key, [agent]);
  }
  return agents;
}

function scheduleProblem(
  { windows = [] }: MaintenanceSchedule,
  machines: readonly RegistryMachine[],
): string | undefined {
  const scheduled = new Set<string>();
  for (const { machine_ids = [], unavailability } of windows) {
    if (machine_ids.length === 0) return 'List of machines in the maintenance window is empty';
    if ((unavailability.duration?.nanoseconds ?? 0) < 0) return "Unavailability 'duration' is negative";
    const problem = machinesProblem(machine_ids, scheduled);
    if (problem !== undefined) return problem;
  }
  const left = machines.find(({ info }) => info.mode === 'DOWN' && !scheduled.has(machineKey(info.id)));
  return left && `Machine '${debugText(left.info.id)}' is deactivated and cannot be removed from the schedule`;
}

/** @param seen keys of the machines before; those of `ids` are added. */
function machinesProblem(ids: readonly MachineID[], seen: Set<string>): string | undefined {
  for (const id of ids) {
    const { hostname = '', ip = '' } = id;
    if (hostname === '' && ip === '') return "Both 'hostname' and 'ip' for a machine are empty";
    if (ip !== '' && !isIPv4(ip)) return `Failed to parse the IP '${ip}'`;
    if (seen.has(machineKey(id))) return `Machine '${debugText(id)}' appears more than once in the schedule`;
    seen.add(machineKey(id));
  }
  return undefined;
}

function checkModes(context: MasterContext, ids: readonly MachineID[], mode: MachineInfoMode, what: string): void {
  const problem = ids.length === 0 ? 'List of machines is empty' : machinesProblem(ids, new Set());
  if (problem !== undefined) throw new HttpError('CALL_INVALID', problem);
  const machines = byKey(context.registrar.registry.concerns.machines);
  for (const id of ids) {
    const machine = machines.get(machineKey(id));
    const name = `Machine '${JSON.stringify(id)}'`;
    if (!machine) throw new HttpError('MACHINE_NOT_SCHEDULED', `${name} is not part of a maintenance schedule`);
    if (machine.info.mode !== mode)
      throw new HttpError('MACHINE_MODE_CONFLICT', `${name} is not in ${mode} mode and cannot be ${what}`);
  }
}

/** Formats a machine id as protobuf prints a message. */
function debugText({ hostname, ip }: MachineID): string {
  const quoted = (value: string) => `"${value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`;
  const lines = { hostname, ip };
  return Object.entries(lines)
    .map(([name, value]) => (value === undefined ? '' : `${name}: ${quoted(value)}\n`))
    .join('');
}
