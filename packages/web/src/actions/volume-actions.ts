/** What operators do to persistent volumes of an agent: create, resize, destroy. */
import type { Resource } from '@meseta/protocol/browser';
import { megabytes } from '../ui/format.ts';
import { readSize } from '../ui/typed-amounts.ts';
import { type Action, call, type Problems } from './action.ts';
import { type AgentObject, agentEffect, agentIdOf, agentNameOf } from './agent-actions.ts';
import {
  choice,
  chosen,
  lastReservation,
  placeOf,
  principalField,
  reservedOf,
  resourcesOf,
  volumeIdOf,
} from './reserved-resources.ts';

const noVolume = 'This agent has no persistent volume.';
const isFreeDisk = (resource: Resource) =>
  resource.name === 'disk' && lastReservation(resource) !== undefined && !volumeIdOf(resource) && !resource.revocable;

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
    const read = size.trim() === '' ? { value: disk?.scalar?.value ?? 0 } : readSize(size);
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

const isResizable = (resource: Resource) =>
  volumeIdOf(resource) !== undefined && !resource.shared && resource.provider_id === undefined;

const resizeVolume: Action<AgentObject> = {
  name: 'resize-volume',
  title: 'Resize a volume',
  object: agentNameOf,
  check: of => ({ action: 'resize_volume', agent_id: agentIdOf(of) }),
  state: reservedOf,
  /** @see packages/master/src/offers/validation/operations.ts, growVolumeProblem */
  notNow: ({ agent }) => {
    const volumes = resourcesOf(agent).filter(volumeIdOf);
    if (volumes.length === 0) return noVolume;
    if (!volumes.some(isResizable))
      return 'The volumes of this agent are shared or of a resource provider: they keep their size.';
    const canResize = (agent.capabilities ?? []).some(({ type }) => type === 'RESIZE_VOLUME');
    return canResize ? undefined : 'This agent is too old to resize volumes.';
  },
  consequence: (_, { volume: value, size = '' }) => {
    const volume = chosen(value);
    const by = Number(size) - sizeOf(volume);
    if (volume === undefined || !(Number(size) > 0) || !Number.isFinite(by) || by === 0) {
      return 'Its files remain. No task may use it meanwhile.';
    }
    const { role } = lastReservation(volume) ?? {};
    return by > 0
      ? `Adds ${megabytes(by)} of the disk that is reserved for role ${role}. Its files remain. No task may use it meanwhile.`
      : `Takes ${megabytes(-by)} away, which remain reserved for role ${role}. Its files remain, even if they need more. No task may use it meanwhile.`;
  },
  fields: ({ agent }) => [
    choice('volume', 'Volume', resourcesOf(agent).filter(isResizable)),
    { name: 'size', label: 'New size in MB', kind: 'number' },
  ],
  prepare(of, { volume: value, size = '' }) {
    const volume = chosen(value);
    if (volume === undefined) return { problems: { volume: 'Which one? Choose a volume.' } };
    const read = readSize(size);
    if ('problem' in read) return { problems: { size: read.problem } };
    const by = Number((read.value - sizeOf(volume)).toFixed(3));
    if (by === 0) return { problems: { size: 'It has this size already.' } };
    const agent_id = { value: agentIdOf(of) };
    return by > 0
      ? call('GROW_VOLUME', { agent_id, volume, addition: { ...withoutVolume(volume), scalar: { value: by } } })
      : call('SHRINK_VOLUME', { agent_id, volume, subtract: { value: -by } });
  },
  fieldOf: placeOf([
    // The whole volume is not free.
    ['volume', /in use|shared|MOUNT|not found/],
    ['size', /./],
  ]),
  effect: (of, { volume, size = '' }) =>
    agentEffect(of, agent =>
      agent &&
      resourcesOf(agent).some(
        resource => volumeIdOf(resource) === volumeIdIn(volume) && Math.abs(sizeOf(resource) - Number(size)) < 0.001,
      )
        ? `Volume ${volumeIdIn(volume)} has ${megabytes(Number(size))}.`
        : undefined,
    ),
};

const sizeOf = (volume: Resource | undefined): number => volume?.scalar?.value ?? 0;

/** Returns the disk that a volume is made of. */
function withoutVolume({ disk, ...resource }: Resource): Resource {
  return disk?.source === undefined ? resource : { ...resource, disk: { source: disk.source } };
}

const destroyVolume: Action<AgentObject> = {
  name: 'destroy-volume',
  title: 'Destroy a volume',
  object: agentNameOf,
  check: of => ({ action: 'destroy_volume', agent_id: agentIdOf(of) }),
  state: reservedOf,
  /** @see packages/master/src/offers/validation/operations.ts, destroyProblem */
  notNow: ({ agent }) => (resourcesOf(agent).some(volumeIdOf) ? undefined : noVolume),
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

/** The actions on persistent volumes of an agent. */
export const volumeActions: readonly Action<AgentObject>[] = [createVolume, resizeVolume, destroyVolume];
