/** Machines as maintenance knows them, and changes of its schedule. Pure. */
import type { MachineID, MaintenanceSchedule, MaintenanceWindow, Unavailability } from '@meseta/protocol';
import { agentIdOf, type ClusterAgent } from '../cluster-agents.ts';
import { LookupError, named } from '../find-task.ts';

/** A machine in the schedule, and when it is away. */
export interface ScheduledMachine {
  readonly id: MachineID;
  readonly unavailability: Unavailability;
}

/** A machine with the words that name it. */
interface Candidate {
  readonly id: MachineID;
  readonly names: readonly string[];
}

/** Returns a text that is the same for the same machine: Mesos ignores the case of host names. */
export function keyOfMachine({ hostname = '', ip = '' }: MachineID): string {
  return `${hostname.toLowerCase()} ${ip}`;
}

/** Names a machine: `web1/10.0.0.7`. */
export function printMachine({ hostname = '', ip = '' }: MachineID): string {
  return [hostname, ip].filter(part => part !== '').join('/');
}

/** Returns the machine of a registered agent; undefined when the agent is not here and its address is not known. */
export function machineOfAgent({ agent_info: { hostname }, pid }: ClusterAgent): MachineID | undefined {
  if (hostname === undefined || pid === undefined) return undefined;
  const address = pid.slice(pid.lastIndexOf('@') + 1);
  return { hostname, ip: address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '') };
}

/** Returns all machines of a schedule. */
export function scheduledMachines({ windows = [] }: MaintenanceSchedule): ScheduledMachine[] {
  return windows.flatMap(({ machine_ids = [], unavailability }) => machine_ids.map(id => ({ id, unavailability })));
}

/**
 * Finds the machines that words name: by host name or address, or by an agent on it. `HOST/ADDRESS` names one that has
 * no agent now.
 *
 * @param scheduled with `true`, only machines in the schedule are found.
 * @returns one for each word; none twice.
 * @throws {LookupError} when a word names none or several.
 */
export function findMachines(
  words: readonly string[],
  agents: readonly ClusterAgent[],
  schedule: MaintenanceSchedule,
  scheduled: boolean,
): MachineID[] {
  const inSchedule = scheduledMachines(schedule).map(({ id }) => id);
  const keys = new Set(inSchedule.map(keyOfMachine));
  const byAgents = agents.flatMap(agent => {
    const id = machineOfAgent(agent);
    return id === undefined || (scheduled && !keys.has(keyOfMachine(id))) ? [] : [{ id, agent }];
  });
  const candidates = new Map<string, Candidate>();
  for (const id of [...inSchedule, ...byAgents.map(each => each.id)]) {
    const own = byAgents.filter(each => keyOfMachine(each.id) === keyOfMachine(id)).map(({ agent }) => agent);
    candidates.set(keyOfMachine(id), { id: candidates.get(keyOfMachine(id))?.id ?? id, names: namesOf(id, own) });
  }
  const found = words.map(word => findMachine(word, [...candidates.values()], scheduled));
  return [...new Map(found.map(id => [keyOfMachine(id), id])).values()];
}

function namesOf(id: MachineID, agents: readonly ClusterAgent[]): string[] {
  const ofAgents = agents.flatMap(agent => [agentIdOf(agent), `${id.hostname}:${agent.agent_info.port ?? 5051}`]);
  return [id.hostname, id.ip, printMachine(id), ...ofAgents].filter(
    name => name !== undefined && name !== '',
  ) as string[];
}

function findMachine(word: string, candidates: readonly Candidate[], scheduled: boolean): MachineID {
  const [machine, ...others] = named([candidates], word, ({ names }) => names);
  if (machine && others.length === 0) return machine.id;
  if (machine) {
    const some = [machine, ...others].slice(0, 5).map(({ id }) => printMachine(id));
    throw new LookupError(`Several machines match '${word}': ${some.join(', ')}; give more of the name`);
  }
  if (scheduled) {
    throw new LookupError(`No machine '${word}' is in the maintenance schedule; 'meseta maintenance show' prints it`);
  }
  const [, hostname, ip] = /^([^/\s]+)\/([0-9.]+)$/.exec(word) ?? [];
  if (hostname !== undefined && ip !== undefined) return { hostname, ip };
  throw new LookupError(
    `There is no machine '${word}' with a registered agent; name one without an agent by host and address, as in web1/10.0.0.7`,
  );
}

/** Returns the schedule without these machines. */
export function withoutMachines({ windows = [] }: MaintenanceSchedule, ids: readonly MachineID[]): MaintenanceSchedule {
  const keys = new Set(ids.map(keyOfMachine));
  const left = windows
    .map(window => ({ ...window, machine_ids: (window.machine_ids ?? []).filter(id => !keys.has(keyOfMachine(id))) }))
    .filter(({ machine_ids }) => machine_ids.length > 0);
  return { windows: left };
}

/** Returns the schedule with these machines in a window of this time, and in no other. Windows of the same time are one. */
export function withMachines(
  schedule: MaintenanceSchedule,
  ids: readonly MachineID[],
  unavailability: Unavailability,
): MaintenanceSchedule {
  const windows = withoutMachines(schedule, ids).windows ?? [];
  const same = windows.find(window => isSameTime(window.unavailability, unavailability));
  const added: MaintenanceWindow = { machine_ids: [...(same?.machine_ids ?? []), ...ids], unavailability };
  return { windows: same ? windows.map(window => (window === same ? added : window)) : [...windows, added] };
}

function isSameTime(a: Unavailability, b: Unavailability): boolean {
  return a.start.nanoseconds === b.start.nanoseconds && a.duration?.nanoseconds === b.duration?.nanoseconds;
}
