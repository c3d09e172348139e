import type {
  OfferOperationCreate,
  OfferOperationCreateDisk,
  OfferOperationDestroy,
  OfferOperationDestroyDisk,
  OfferOperationGrowVolume,
  OfferOperationReserve,
  OfferOperationShrinkVolume,
  OfferOperationUnreserve,
  Resource,
} from '@meseta/protocol';
import { Resources, resourceProblem, toThousandths, withoutVolume } from '@meseta/resources';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import { printSet } from '../../validation/print.ts';
import { type Problem, prefixed, problemOfAny } from '../../validation/rule.ts';
import {
  claimedResourcesProblem,
  hasRefinedReservations,
  isDynamicallyReserved,
  isPersistentVolume,
  persistenceIdsProblem,
  persistentVolumesProblem,
  print,
  reservationRole,
  singleProviderProblem,
  singleRoleProblem,
} from './resources.ts';

/** On whose behalf an operation is to be done, and where. */
export interface Operator {
  readonly agent: Agent;
  /** Undefined when an operator asks; then resources must not be allocated. */
  readonly framework: Framework | undefined;
  /** The principal; undefined without authentication: then reservations and volumes may have any principal. */
  readonly principal: string | undefined;
}

function listProblem(resources: readonly Resource[]): Problem {
  return prefixed('Invalid resources: ', claimedResourcesProblem(resources) ?? singleProviderProblem(resources));
}

/** @see Mesos src/master/validation.cpp, operation::validate(Reserve) */
export function reserveProblem({ resources = [], source = [] }: OfferOperationReserve, by: Operator): Problem {
  return (
    prefixed('Invalid resources: ', claimedResourcesProblem(resources)) ??
    prefixed('Invalid source: ', claimedResourcesProblem(source)) ??
    (source.length > 0 ? sourceProblem(resources, source) : undefined) ??
    prefixed('Invalid resources: ', singleProviderProblem(resources)) ??
    problemOfAny(resources, resource => reservationProblem(resource, by)) ??
    (by.framework && prefixed('Invalid reservation resources: ', singleRoleProblem(resources)))
  );
}

/** Checks a re-reservation: both sides must be the same amounts, each under one stack of reservations. */
function sourceProblem(target: readonly Resource[], source: readonly Resource[]): Problem {
  const mixed =
    prefixed('Invalid source: ', mixedReservationsProblem(source)) ??
    prefixed('Invalid resources: ', mixedReservationsProblem(target));
  if (mixed !== undefined) return mixed;
  const [before, after] = [source, target].map(list => Resources.of(list).toUnreserved()) as [Resources, Resources];
  if (before.equals(after)) return undefined;
  return `Source and target resources should refer to identical resource quantities: ${before} vs. ${after}`;
}

function mixedReservationsProblem(resources: readonly Resource[]): Problem {
  if (resources.length === 0) return 'Resource cannot be empty';
  const stacks = new Set(resources.map(({ reservations }) => JSON.stringify(reservations ?? [])));
  return stacks.size > 1 ? `Mixed reservations are not supported${Resources.of(resources)}` : undefined;
}

function reservationProblem(resource: Resource, { agent, framework, principal }: Operator): Problem {
  const role = reservationRole(resource);
  if (!isDynamicallyReserved(resource)) return `Resource ${print(resource)} is not dynamically reserved`;
  if (!agent.has('HIERARCHICAL_ROLE') && role.includes('/')) {
    return (
      `Resource ${print(resource)} with reservation for hierarchical role '${role}'` +
      ' cannot be reserved on an agent without HIERARCHICAL_ROLE capability'
    );
  }
  if (!agent.has('RESERVATION_REFINEMENT') && hasRefinedReservations(resource)) {
    return (
      `Resource ${print(resource)} with reservation refinement cannot be reserved on` +
      ' an agent without RESERVATION_REFINEMENT capability'
    );
  }
  const wrongPrincipal = principal === undefined ? undefined : reservingPrincipalProblem(resource, principal);
  return wrongPrincipal ?? (framework ? allocatedRoleProblem(resource, framework) : unallocatedProblem(resource));
}

function reservingPrincipalProblem({ reservations }: Resource, principal: string): Problem {
  const given = reservations?.at(-1)?.principal;
  if (given === principal) return undefined;
  if (given === undefined) {
    return (
      `A reserve operation was attempted by principal '${principal}', but there is a` +
      ' reserved resource in the request with no principal set'
    );
  }
  return (
    `A reserve operation was attempted by authenticated principal '${principal}', which does not match a` +
    ` reserved resource in the request with principal '${given}'`
  );
}

function unallocatedProblem({ allocation_info }: Resource): Problem {
  if (allocation_info === undefined) return undefined;
  return (
    'A reserve operation was attempted with an allocated resource,' +
    ' but the operator API only allows reservations to be made to unallocated resources'
  );
}

function allocatedRoleProblem(resource: Resource, framework: Framework): Problem {
  const allocated = resource.allocation_info?.role;
  const role = reservationRole(resource);
  if (allocated === undefined) {
    return (
      `A reserve operation was attempted on unallocated resource ${print(resource)},` +
      ' but frameworks can only perform reservations on allocated resources'
    );
  }
  if (allocated !== role) {
    return (
      `A reserve operation was attempted for a resource with role '${role}', but` +
      ` the resource was allocated to role '${allocated}'`
    );
  }
  if (framework.roles.includes(allocated)) return undefined;
  return (
    `A reserve operation was attempted for a resource allocated to role '${allocated}',` +
    ` but the framework only has roles '${printSet(framework.roles)}'`
  );
}

/** @see Mesos src/master/validation.cpp, operation::validate(Unreserve) */
export function unreserveProblem({ resources = [] }: OfferOperationUnreserve): Problem {
  return (
    listProblem(resources) ??
    problemOfAny(resources, resource => {
      if (!isDynamicallyReserved(resource)) return `Resource ${print(resource)} is not dynamically reserved`;
      if (!isPersistentVolume(resource)) return undefined;
      return (
        `A dynamically reserved persistent volume ${print(resource)} cannot be unreserved directly.` +
        ' Please destroy the persistent volume first then unreserve the resource'
      );
    })
  );
}

/**
 * @param existing the volumes whose ids are taken: those of the agent.
 * @see Mesos src/master/validation.cpp, operation::validate(Create)
 */
export function createProblem(
  { volumes = [] }: OfferOperationCreate,
  by: Operator,
  existing: Resources = existingVolumes(by.agent),
): Problem {
  return (
    volumesProblem(volumes) ??
    persistenceIdsProblem(existing.add(Resources.of(volumes).unallocate())) ??
    problemOfAny(volumes, volume => volumeProblem(volume, by)) ??
    (by.framework && prefixed('Invalid volume resources: ', singleRoleProblem(volumes)))
  );
}

const existingVolumes = (agent: Agent): Resources => agent.total.persistentVolumes();

function volumeProblem(volume: Resource, { agent, framework, principal }: Operator): Problem {
  if (framework && volume.shared && !framework.has('SHARED_RESOURCES')) {
    return (
      `Create volume operation for '${print(volume)}' has been attempted by framework '${framework.id}'` +
      ' with no SHARED_RESOURCES capability'
    );
  }
  const role = reservationRole(volume);
  if (!agent.has('HIERARCHICAL_ROLE') && role.includes('/')) {
    return (
      `Volume ${print(volume)} with reservation for hierarchical role '${role}'` +
      ' cannot be created on an agent without HIERARCHICAL_ROLE capability'
    );
  }
  if (!agent.has('RESERVATION_REFINEMENT') && hasRefinedReservations(volume)) {
    return (
      `Volume ${print(volume)} with reservation refinement cannot be created on` +
      ' an agent without RESERVATION_REFINEMENT capability'
    );
  }
  return principal === undefined ? undefined : creatingPrincipalProblem(volume, principal);
}

function creatingPrincipalProblem({ disk }: Resource, principal: string): Problem {
  const given = disk?.persistence?.principal;
  if (given === principal) return undefined;
  if (given === undefined) {
    return (
      `Create volume operation attempted by principal '${principal}', but there is a volume in the` +
      " operation with no principal set in 'disk.persistence'"
    );
  }
  return (
    `Create volume operation attempted by authenticated principal '${principal}', which does not match` +
    ` a volume in the operation with principal '${given}' set in 'disk.persistence'`
  );
}

/** Returns what is wrong with a list of volumes, whatever volumes the agent has. */
export function volumesProblem(volumes: readonly Resource[]): Problem {
  return listProblem(volumes) ?? prefixed('Not a persistent volume: ', persistentVolumesProblem(volumes));
}

/** @see Mesos src/master/validation.cpp, operation::validate(Destroy) */
export function destroyProblem({ volumes = [] }: OfferOperationDestroy, { agent }: Pick<Operator, 'agent'>): Problem {
  const problem = volumesProblem(volumes);
  if (problem !== undefined) return problem;
  const wanted = volumes.map(volume => Resources.of([volume]).unallocate());
  const existing = existingVolumes(agent);
  if (wanted.some((volume, i) => !volumes[i]?.provider_id && !existing.contains(volume))) {
    return 'Persistent volumes not found';
  }
  const used = [...agent.used.values()].map(({ sum }) => sum.persistentVolumes().unallocate());
  return used.some(inUse => wanted.some(volume => inUse.contains(volume))) ? 'Persistent volumes in use' : undefined;
}

/** @see Mesos src/master/validation.cpp, operation::validate(GrowVolume) */
export function growVolumeProblem({ volume, addition }: OfferOperationGrowVolume, { agent }: Operator): Problem {
  return (
    prefixed("Invalid resource in the 'GrowVolume.volume' field: ", resourceProblem(volume)) ??
    prefixed("Invalid resource in the 'GrowVolume.addition' field: ", resourceProblem(addition)) ??
    (isPositive(addition.scalar?.value)
      ? undefined
      : "The size of 'GrowVolume.addition' field must be greater than zero") ??
    (volume.provider_id && 'Growing a volume from a resource provider is not supported') ??
    prefixed("Invalid persistent volume in the 'GrowVolume.volume' field: ", persistentVolumesProblem([volume])) ??
    (volume.shared && 'Growing a shared persistent volume is not supported') ??
    (Resources.of([withoutVolume(volume), addition]).entries.length === 1
      ? undefined
      : "Incompatible resources in the 'GrowVolume.volume' and 'GrowVolume.addition' fields") ??
    (agent.has('RESIZE_VOLUME')
      ? undefined
      : `Volume ${print(volume)} cannot be grown on an agent without RESIZE_VOLUME capability`)
  );
}

/** @see Mesos src/master/validation.cpp, operation::validate(ShrinkVolume) */
export function shrinkVolumeProblem({ volume, subtract }: OfferOperationShrinkVolume, { agent }: Operator): Problem {
  return (
    prefixed("Invalid resource in the 'ShrinkVolume.volume' field: ", resourceProblem(volume)) ??
    (isPositive(subtract.value) ? undefined : "Value of 'ShrinkVolume.subtract' must be greater than zero") ??
    (toThousandths(volume.scalar?.value ?? 0) > toThousandths(subtract.value)
      ? undefined
      : "Value of 'ShrinkVolume.subtract' must be smaller than the size of 'ShrinkVolume.volume'") ??
    (volume.provider_id && 'Shrinking a volume from a resource provider is not supported') ??
    (volume.disk?.source?.type === 'MOUNT' ? 'Shrinking a volume on a MOUNT disk is not supported' : undefined) ??
    prefixed("Invalid persistent volume in the 'ShrinkVolume.volume' field: ", persistentVolumesProblem([volume])) ??
    (volume.shared && 'Shrinking a shared persistent volume is not supported') ??
    (agent.has('RESIZE_VOLUME')
      ? undefined
      : `Volume ${print(volume)} cannot be shrunk on an agent without RESIZE_VOLUME capability`)
  );
}

/** Tells whether a number is positive in thousandths. NaN is not. */
const isPositive = (value = 0): boolean => toThousandths(value) > 0;

/** @see Mesos src/master/validation.cpp, operation::validate(CreateDisk) */
export function createDiskProblem({ source, target_type, target_profile }: OfferOperationCreateDisk): Problem {
  const problem = prefixed('Invalid resource: ', claimedResourcesProblem([source]));
  if (problem !== undefined) return problem;
  if (source.provider_id === undefined) return "'source' is not managed by a resource provider";
  if (source.disk?.source?.type !== 'RAW') return "'source' is not a RAW disk resource";
  if (target_type !== 'MOUNT' && target_type !== 'BLOCK') return "'target_type' is neither MOUNT or BLOCK";
  const profile = source.disk.source.profile;
  if (profile !== undefined && target_profile !== undefined) {
    return "'target_profile' must not be set when 'source' has a profile";
  }
  return profile === undefined && target_profile === undefined
    ? "'target_profile' must be set when 'source' has no profile"
    : undefined;
}

/** @see Mesos src/master/validation.cpp, operation::validate(DestroyDisk) */
export function destroyDiskProblem({ source }: OfferOperationDestroyDisk): Problem {
  const problem = prefixed('Invalid resource: ', claimedResourcesProblem([source]));
  if (problem !== undefined) return problem;
  if (source.provider_id === undefined) return "'source' is not managed by a resource provider";
  if (!['MOUNT', 'BLOCK', 'RAW'].includes(source.disk?.source?.type ?? '')) {
    return "'source' is neither a MOUNT, BLOCK or RAW disk resource";
  }
  if (source.disk?.source?.id === undefined) return "'source' is not backed by a CSI volume";
  if (!isPersistentVolume(source)) return undefined;
  return (
    `A disk resource containing a persistent volume ${print(source)} cannot be destroyed directly.` +
    ' Please destroy the persistent volume first then destroy the disk resource'
  );
}
