/** Rules for the resources of tasks, executors and operations, which are upgraded to `reservations` before. */
import { idProblem, type Resource } from '@meseta/protocol';
import { Resources, resourcesProblem } from '@meseta/resources';
import { firstProblem, type Problem, prefixed, problemOfAny, type Rule } from '../../validation/rule.ts';

/** Tells whether a resource is not reserved. */
export const isUnreserved = (resource: Resource): boolean => (resource.reservations?.length ?? 0) === 0;

/** Tells whether the last reservation of a resource is dynamic. */
export const isDynamicallyReserved = (resource: Resource): boolean => resource.reservations?.at(-1)?.type === 'DYNAMIC';

/** Tells whether a resource has more than one reservation. */
export const hasRefinedReservations = (resource: Resource): boolean => (resource.reservations?.length ?? 0) > 1;

/** Tells whether a resource is a persistent volume. */
export const isPersistentVolume = (resource: Resource): boolean => resource.disk?.persistence !== undefined;

/** Returns who may use a resource: the role of the last reservation, or `*`. */
export const reservationRole = (resource: Resource): string => resource.reservations?.at(-1)?.role ?? '*';

/** Formats a resource for messages to frameworks. */
export const print = (resource: Resource): string => Resources.of([resource]).toString();

/**
 * Rules of the algebra, and those above it: GPUs, disks and reservations.
 *
 * @see Mesos src/master/validation.cpp, resource::validate
 */
export const claimedResourcesProblem: Rule<readonly Resource[]> = resources =>
  prefixed('Invalid resources: ', resourcesProblem(resources)) ??
  prefixed("Invalid 'gpus' resource: ", gpusProblem(resources)) ??
  prefixed('Invalid DiskInfo: ', problemOfAny(resources, diskProblem)) ??
  prefixed('Invalid ReservationInfo: ', problemOfAny(resources, dynamicReservationProblem));

function gpusProblem(resources: readonly Resource[]): Problem {
  const thousandths = Math.round(
    resources.reduce((sum, { name, scalar }) => sum + gpus(name, scalar?.value), 0) * 1000,
  );
  return thousandths % 1000 === 0 ? undefined : "The 'gpus' resource must be an unsigned integer";
}

const gpus = (name: string, value = 0): number => (name === 'gpus' ? value : 0);

function diskProblem(resource: Resource): Problem {
  const { disk } = resource;
  if (disk === undefined) return undefined;
  if (disk.persistence === undefined) {
    if (disk.volume !== undefined) return 'Non-persistent volume not supported';
    return disk.source === undefined ? 'DiskInfo is set but empty' : undefined;
  }
  if (resource.revocable !== undefined) return 'Persistent volumes cannot be created from revocable resources';
  if (isUnreserved(resource)) return 'Persistent volumes cannot be created from unreserved resources';
  if (disk.volume === undefined) return "Expecting 'volume' to be set for persistent volume";
  if (disk.volume.host_path !== undefined) return "Expecting 'host_path' to be unset for persistent volume";
  const id = idProblem(disk.persistence.id);
  if (id !== undefined) return prefixed('Invalid persistence ID for persistent volume: ', id);
  // The agent makes a directory of it.
  return prefixed('Invalid role for persistent volume: ', idProblem(reservationRole(resource).replaceAll('/', ' ')));
}

function dynamicReservationProblem(resource: Resource): Problem {
  if (!isDynamicallyReserved(resource) || resource.revocable === undefined) return undefined;
  return `Dynamically reserved resource ${print(resource)} cannot be created from revocable resources`;
}

/** Persistence ids are unique per role on an agent. */
export const persistenceIdsProblem: Rule<Resources> = resources => {
  const seen = new Set<string>();
  for (const { kind, count } of resources.persistentVolumes().entries) {
    const id = kind.disk?.persistence?.id ?? '';
    const key = `${kind.reservationRole}\n${id}`;
    if (seen.has(key) || (count > 1 && !kind.isShared)) return `Persistence ID '${id}' is not unique`;
    seen.add(key);
  }
  return undefined;
};

/** What can be taken away is not mixed with what cannot. */
export const revocabilityProblem: Rule<Resources> = resources => {
  const revocable = new Map<string, boolean>();
  for (const { kind } of resources.entries) {
    const other = revocable.get(kind.name) ?? kind.isRevocable;
    if (other !== kind.isRevocable) {
      return `Cannot use both revocable and non-revocable '${kind.name}' at the same time`;
    }
    revocable.set(kind.name, other);
  }
  return undefined;
};

/** Checks that all resources are allocated to the same role. */
export const singleRoleProblem: Rule<readonly Resource[]> = resources => {
  const first = resources[0]?.allocation_info?.role;
  for (const { allocation_info } of resources) {
    const role = allocation_info?.role;
    if (role === undefined) return 'The resources are not allocated to a role';
    if (role !== first) {
      return `The resources have multiple allocation roles ('${role}' and '${first}') but only one allocation role is allowed`;
    }
  }
  return undefined;
};

/** All of one resource provider, or all of the agent itself. */
export const singleProviderProblem: Rule<readonly Resource[]> = resources => {
  const providers = new Set(resources.map(({ provider_id }) => provider_id?.value));
  if (providers.size === 1) return undefined;
  if (providers.size === 0 || providers.has(undefined)) {
    return providers.size === 0
      ? 'The resources have multiple resource providers: '
      : 'Some resources have a resource provider and some do not';
  }
  return `The resources have multiple resource providers: ${[...providers].join(', ')}`;
};

/** All are persistent volumes which can be written to. */
export const persistentVolumesProblem: Rule<readonly Resource[]> = volumes =>
  problemOfAny(volumes, volume => {
    if (volume.disk === undefined) return `Resource ${print(volume)} does not have DiskInfo`;
    if (volume.disk.persistence === undefined) return "'persistence' is not set in DiskInfo";
    if (volume.disk.volume === undefined) return "Expecting 'volume' to be set for persistent volume";
    return volume.disk.volume.mode === 'RO' ? 'Read-only persistent volume not supported' : undefined;
  });

/** Tells whether two of the parts claim the same member of a range or a set. */
export function overlap(parts: readonly Resources[]): boolean {
  const names = new Set(
    parts.flatMap(part => part.entries.filter(({ kind }) => !kind.isScalar).map(({ kind }) => kind.name)),
  );
  if (names.size === 0) return false;
  const total = Resources.sum(parts);
  return [...names].some(name => parts.reduce((sum, part) => sum + members(part, name), 0) !== members(total, name));
}

function members(resources: Resources, name: string): number {
  const ports = resources.ranges(name).reduce((sum, { begin, end }) => sum + end - begin + 1, 0);
  return ports + [...resources.set(name)].length;
}

/** Checks the rules that tasks and executors share: `words` stand in front of each problem. */
export function claimProblem(resources: readonly Resource[], words: ClaimWords): Problem {
  const sum = Resources.of(resources);
  return firstProblem<void>(
    [
      () => prefixed(words.invalid, claimedResourcesProblem(resources)),
      () => prefixed(words.duplicate, persistenceIdsProblem(sum)),
      () => prefixed(words.roles, singleRoleProblem(resources)),
      () => prefixed(words.mixed, revocabilityProblem(sum)),
    ],
    undefined,
  );
}

/** The messages for resources that cannot be used together. */
export interface ClaimWords {
  readonly invalid: string;
  readonly duplicate: string;
  readonly roles: string;
  readonly mixed: string;
}
