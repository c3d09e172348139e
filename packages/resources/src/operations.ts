import type { OfferOperation, Resource } from '@meseta/protocol';
import { upgrade } from './convert.ts';
import { Resources } from './resources.ts';
import { fromThousandths, toThousandths } from './scalars.ts';

/** An operation cannot be applied. The message is Mesos's. */
export class InvalidOperationError extends Error {
  override readonly name = 'InvalidOperationError';
  readonly code = 'OPERATION_INVALID';
}

/** The resources that an operation consumes and creates. Amounts on neither side stay unchanged. */
export interface ResourceConversion {
  readonly consumed: Resources;
  readonly converted: Resources;
  /** Copies of a shared volume, of which none may be left afterwards. */
  readonly gone?: Resources;
}

/**
 * Returns the conversions of an operation, in order.
 *
 * @param operation validated, with resources in any wire format and the allocation roles of the pool.
 * @throws {InvalidOperationError} for launches, and for operations that only a resource provider can perform.
 * @see Mesos src/common/resources_utils.cpp, getResourceConversions
 */
export function conversionsOf(operation: OfferOperation): ResourceConversion[] {
  const { reserve, unreserve, create, destroy, grow_volume, shrink_volume } = operation;
  switch (operation.type) {
    case 'RESERVE':
      return [reserveConversion(reserve?.resources ?? [], reserve?.source ?? [])];
    case 'UNRESERVE':
      return (unreserve?.resources ?? []).map(resource => {
        const consumed = Resources.of([resource]);
        return { consumed, converted: consumed.popReservation() };
      });
    case 'CREATE':
      return (create?.volumes ?? []).map(volume => ({
        consumed: Resources.of([withoutVolume(volume)]),
        converted: Resources.of([volume]),
      }));
    case 'DESTROY':
      return (destroy?.volumes ?? []).map(volume => {
        const consumed = Resources.of([volume]);
        return { consumed, converted: Resources.of([withoutVolume(volume)]), gone: consumed };
      });
    case 'GROW_VOLUME':
      return grow_volume ? [growConversion(grow_volume.volume, grow_volume.addition)] : [];
    case 'SHRINK_VOLUME':
      return shrink_volume ? [shrinkConversion(shrink_volume.volume, shrink_volume.subtract.value)] : [];
    case 'UNKNOWN':
    case undefined:
      throw new InvalidOperationError('Unknown operation');
    default:
      throw new InvalidOperationError('Operation not supported');
  }
}

function reserveConversion(resources: readonly Resource[], source: readonly Resource[]): ResourceConversion {
  const converted = Resources.of(resources);
  return { consumed: source.length > 0 ? Resources.of(source) : converted.popReservation(), converted };
}

function growConversion(volume: Resource, addition: Resource): ResourceConversion {
  refuseProvider(volume);
  return {
    consumed: Resources.of([volume, addition]),
    converted: Resources.of([withScalar(volume, scalarOf(volume) + scalarOf(addition))]),
  };
}

function shrinkConversion(volume: Resource, subtract: number): ResourceConversion {
  refuseProvider(volume);
  const freed = toThousandths(subtract);
  return {
    consumed: Resources.of([volume]),
    converted: Resources.of([withScalar(volume, scalarOf(volume) - freed), withScalar(withoutVolume(volume), freed)]),
  };
}

function refuseProvider(volume: Resource): void {
  if (volume.provider_id) throw new InvalidOperationError('Operation not supported for resource provider');
}

const scalarOf = ({ scalar }: Resource) => toThousandths(scalar?.value ?? 0);
const withScalar = (resource: Resource, thousandths: number): Resource => ({
  ...resource,
  scalar: { value: fromThousandths(thousandths) },
});

/** Returns the disk that a persistent volume consists of. */
export function withoutVolume(volume: Resource): Resource {
  const { shared: _, disk, ...rest } = volume;
  return disk?.source ? { ...rest, disk: { source: disk.source } } : rest;
}

/**
 * Applies conversions to a pool.
 *
 * @returns the new pool.
 * @throws {InvalidOperationError} when the pool lacks what is consumed, or copies of a destroyed volume are left.
 */
export function applyConversions(pool: Resources, conversions: readonly ResourceConversion[]): Resources {
  let result = pool;
  for (const { consumed, converted, gone } of conversions) {
    if (!result.contains(consumed)) throw new InvalidOperationError(`${result} does not contain ${consumed}`);
    result = result.subtract(consumed).add(converted);
    if (gone && !gone.isEmpty && result.contains(gone)) {
      throw new InvalidOperationError(`Persistent volume ${gone} cannot be removed due to additional shared copies`);
    }
  }
  return result;
}

/** Tells whether an agent must store a resource before it uses it: dynamic reservations and persistent volumes. */
export function needsCheckpointing(resource: Resource): boolean {
  const { provider_id, reservations, disk } = upgrade(resource);
  return !provider_id && (reservations?.at(-1)?.type === 'DYNAMIC' || disk?.persistence !== undefined);
}

/**
 * Returns the resources of an agent: those it was started with, with the stored reservations and volumes applied.
 *
 * @throws {InvalidOperationError} when the agent does not have the resources they consist of any more.
 * @see Mesos src/common/resources_utils.cpp, applyCheckpointedResources
 */
export function applyCheckpointed(resources: Resources, checkpointed: readonly Resource[]): Resources {
  let total = resources;
  for (const resource of checkpointed) {
    const converted = Resources.of([resource]);
    if (!needsCheckpointing(resource)) {
      throw new InvalidOperationError(`Unexpected checkpointed resources ${converted}`);
    }
    const source = withoutVolume(upgrade(resource));
    const reservations = (source.reservations ?? []).slice(0, 1).filter(({ type }) => type === 'STATIC');
    const consumed = Resources.of([{ ...source, reservations }]);
    if (!total.contains(consumed)) {
      throw new InvalidOperationError(`Incompatible agent resources: ${total} does not contain ${consumed}`);
    }
    total = total.subtract(consumed).add(converted);
  }
  return total;
}
