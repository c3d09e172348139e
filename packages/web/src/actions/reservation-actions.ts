/** What operators do to the resources of an agent: reservations and persistent volumes. */
import type { MasterResponseGetAgentsAgent, Resource } from '@meseta/protocol/browser';
import type { RequestProblem } from '../requests/request.ts';
import { megabytes } from '../ui/format.ts';
import { printResource, readAmount, readResources } from '../ui/typed-amounts.ts';
import { type Action, call, type Field, type Problems } from './action.ts';
import { type AgentObject, agentEffect, agentIdOf, agentNameOf } from './agent-actions.ts';

/** Returns the agent's resources in the present format only; the master sends some in the old one, too. */
function resourcesOf({ total_resources = [] }: MasterResponseGetAgentsAgent): Resource[] {
  return total_resources.map(({ role: _, reservation: __, ...resource }) => resource);
}

const lastReservation = ({ reservations }: Resource) => reservations?.at(-1);
const volumeIdOf = ({ disk }: Resource) => disk?.persistence?.id;
const isDynamic = (resource: Resource) => lastReservation(resource)?.type === 'DYNAMIC' && !volumeIdOf(resource);
const isFreeDisk = (resource: Resource) =>
  resource.name === 'disk' && lastReservation(resource) !== undefined && !volumeIdOf(resource) && !resource.revocable;

/** Returns what is reserved on an agent, without amounts: the master asks about each kind of it. */
function reservedOf({ agent }: AgentObject): string {
  const kinds = resourcesOf(agent)
    .filter(lastReservation)
    .map(resource =>
      [resource.name, lastReservation(resource)?.role, isDynamic(resource), volumeIdOf(resource)].join(),
    );
  return [...new Set(kinds)].sort().join(';');
}

/** Resources of which one is chosen. The value is the resource itself, so that the choice stays when the agent changes. */
function choice(name: string, label: string, among: readonly Resource[]): Field {
  const choices = among.map(resource => ({ value: JSON.stringify(resource), label: describe(resource) }));
  return { name, label, kind: 'choice', choices, initial: choices[0]?.value ?? '' };
}

function describe(resource: Resource): string {
  const { role, principal, labels } = lastReservation(resource) ?? {};
  const id = volumeIdOf(resource);
  const what = id === undefined ? printResource(resource) : `${id}, ${megabytes(resource.scalar?.value ?? 0)}`;
  const who = [
    principal,
    ...(labels?.labels ?? []).map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)),
  ].filter(Boolean);
  return `${what} for role ${role}${who.length > 0 ? ` (${who.join(', ')})` : ''}`;
}

const chosen = (value: string | undefined): Resource | undefined => (value ? JSON.parse(value) : undefined);

const principalField: Field = {
  name: 'principal',
  label: 'Principal',
  kind: 'text',
  hint: 'Where the master requires authentication, your own. May be empty otherwise.',
  isPrincipal: true,
};

/** Where a refusal is shown. The words of the master only choose the place; without them it is shown for the whole form. */
function placeOf(places: readonly (readonly [field: string, words: RegExp])[]) {
  return ({ code, message }: RequestProblem): string | undefined => {
    if (code !== 'OPERATION_INVALID' && code !== 'RESOURCES_UNAVAILABLE') return undefined;
    return places.find(([, words]) => words.test(message))?.[0];
  };
}

const reserve: Action<AgentObject> = {
  name: 'reserve',
  title: 'Reserve',
  object: agentNameOf,
  check: of => ({ action: 'reserve', agent_id: agentIdOf(of) }),
  state: reservedOf,
  consequence: () =>
    'Keeps resources of the agent for one role. Offers of the agent are taken back as far as they are in the way; what tasks hold cannot be reserved.',
  fields: () => [
    { name: 'resources', label: 'Resources', kind: 'text', hint: 'Such as cpus:2;mem:512;ports:[31000-31009].' },
    { name: 'role', label: 'Role', kind: 'text' },
    principalField,
  ],
  prepare(of, { resources = '', role = '', principal = '' }) {
    const read = readResources(resources);
    const problems: Problems = {
      ...('problem' in read && { resources: read.problem }),
      ...(role.trim() === '' && { role: 'For which role? Give its name.' }),
    };
    if ('problem' in read || Object.keys(problems).length > 0) return { problems };
    const reservations = [
      { type: 'DYNAMIC' as const, role: role.trim(), ...(principal.trim() && { principal: principal.trim() }) },
    ];
    return call('RESERVE_RESOURCES', {
      agent_id: { value: agentIdOf(of) },
      resources: read.value.map(resource => ({ ...resource, reservations })),
    });
  },
  fieldOf: placeOf([
    ['principal', /principal/],
    ['role', /[Rr]ole/],
    ['resources', /./],
  ]),
  effect(of, { role = '' }) {
    const before = new Set(resourcesOf(of.agent).map(resource => JSON.stringify(resource)));
    return agentEffect(of, agent => {
      const now = agent && resourcesOf(agent);
      const isNew = now?.some(
        resource => lastReservation(resource)?.role === role.trim() && !before.has(JSON.stringify(resource)),
      );
      return isNew ? `Reserved for role ${role.trim()} on ${agentNameOf(of)}.` : undefined;
    });
  },
};

const unreserve: Action<AgentObject> = {
  name: 'unreserve',
  title: 'Unreserve',
  object: agentNameOf,
  check: of => ({ action: 'unreserve', agent_id: agentIdOf(of) }),
  state: reservedOf,
  /** @see packages/master/src/offers/validation/operations.ts, unreserveProblem */
  notNow: ({ agent }) =>
    resourcesOf(agent).some(isDynamic)
      ? undefined
      : 'Nothing of this agent is reserved that an operator or a framework could give back.',
  consequence: () => 'Gives the resources back to all roles. What tasks hold is refused.',
  fields: ({ agent }) => [choice('resource', 'Reservation', resourcesOf(agent).filter(isDynamic))],
  prepare(of, { resource }) {
    const found = chosen(resource);
    if (found === undefined) return { problems: { resource: 'Which one? Choose a reservation.' } };
    return call('UNRESERVE_RESOURCES', { agent_id: { value: agentIdOf(of) }, resources: [found] });
  },
  fieldOf: placeOf([['resource', /./]]),
  effect: (of, { resource = '' }) =>
    agentEffect(of, agent =>
      agent && !resourcesOf(agent).some(each => JSON.stringify(each) === resource)
        ? `The reservation on ${agentNameOf(of)} is taken away.`
        : undefined,
    ),
};

const createVolume: Action<AgentObject> = {
  name: 'create-volume',
  title: 'Create a volume',
  object: agentNameOf,
  check: of => ({ action: 'create_volume', agent_id: agentIdOf(of) }),
  state: reservedOf,
  /** @see packages/master/src/offers/validation/operations.ts, createProblem */
  notNow: ({ agent }) =>
    resourcesOf(agent).some(isFreeDisk) ? undefined : 'No disk of this agent is reserved. Reserve some first.',
  consequence: () => 'Makes a persistent volume. Its files outlive tasks, until it is destroyed.',
  fields: ({ agent }) => [
    choice('disk', 'Disk', resourcesOf(agent).filter(isFreeDisk)),
    { name: 'id', label: 'Id', kind: 'text', hint: 'Of your choice, unique on the agent.' },
    { name: 'size', label: 'Size in MB', kind: 'number', hint: 'Left empty: all of the disk.' },
    { name: 'path', label: 'Path', kind: 'text', hint: 'Where tasks see it, in their sandbox. Left empty: its id.' },
    principalField,
  ],
  prepare(of, { disk: value, id = '', size = '', path = '', principal = '' }) {
    const disk = chosen(value);
    const read = size.trim() === '' ? { value: disk?.scalar?.value ?? 0 } : readAmount(size);
    const problems: Problems = {
      ...(disk === undefined && { disk: 'Of which disk? Choose one.' }),
      ...(id.trim() === '' && { id: 'Give it an id.' }),
      ...('problem' in read && { size: read.problem }),
    };
    if (disk === undefined || 'problem' in read || Object.keys(problems).length > 0) return { problems };
    const owner = principal.trim() || lastReservation(disk)?.principal;
    const volume: Resource = {
      ...disk,
      scalar: { value: read.value },
      disk: {
        ...disk.disk,
        persistence: { id: id.trim(), ...(owner && { principal: owner }) },
        volume: { mode: 'RW', container_path: path.trim() || id.trim() },
      },
    };
    return call('CREATE_VOLUMES', { agent_id: { value: agentIdOf(of) }, volumes: [volume] });
  },
  fieldOf: placeOf([
    ['principal', /principal/],
    ['id', /[Pp]ersistence ID|duplicate|already/],
    ['path', /container_path|path/],
    ['size', /does not contain|insufficient|subtract|disk/],
  ]),
  effect: (of, { id = '' }) =>
    agentEffect(of, agent =>
      agent && resourcesOf(agent).some(resource => volumeIdOf(resource) === id.trim())
        ? `Volume ${id.trim()} is made on ${agentNameOf(of)}.`
        : undefined,
    ),
};

const destroyVolume: Action<AgentObject> = {
  name: 'destroy-volume',
  title: 'Destroy a volume',
  object: agentNameOf,
  check: of => ({ action: 'destroy_volume', agent_id: agentIdOf(of) }),
  state: reservedOf,
  /** @see packages/master/src/offers/validation/operations.ts, destroyProblem */
  notNow: ({ agent }) => (resourcesOf(agent).some(volumeIdOf) ? undefined : 'This agent has no persistent volume.'),
  consequence: (_, { volume }) => `Removes all files in volume ${volumeIdIn(volume)}. Its disk remains reserved.`,
  typed: (_, { volume }) => volumeIdIn(volume),
  fields: ({ agent }) => [choice('volume', 'Volume', resourcesOf(agent).filter(volumeIdOf))],
  prepare(of, { volume: value }) {
    const volume = chosen(value);
    if (volume === undefined) return { problems: { volume: 'Which one? Choose a volume.' } };
    return call('DESTROY_VOLUMES', { agent_id: { value: agentIdOf(of) }, volumes: [volume] });
  },
  fieldOf: placeOf([['volume', /./]]),
  effect: (of, { volume }) =>
    agentEffect(of, agent =>
      agent && !resourcesOf(agent).some(resource => volumeIdOf(resource) === volumeIdIn(volume))
        ? `Volume ${volumeIdIn(volume)} is destroyed.`
        : undefined,
    ),
};

function volumeIdIn(value: string | undefined): string | undefined {
  const volume = chosen(value);
  return volume && volumeIdOf(volume);
}

/** The actions on the resources of an agent. */
export const reservationActions: readonly Action<AgentObject>[] = [reserve, unreserve, createVolume, destroyVolume];
