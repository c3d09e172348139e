import type { Resource } from '@meseta/protocol';
import { algebraOf } from './amounts.ts';
import { printLabels, printResource } from './print.ts';
import { isStrictSubrole, roleProblem } from './roles.ts';
import { maxThousandths, toThousandths } from './scalars.ts';

/**
 * Returns why a resource, in any of the wire formats, is invalid; undefined when it is valid. The messages are Mesos's,
 * except where Mesos itself would crash: for numbers that are not finite, or too large to be exact.
 *
 * @see Mesos src/common/resources.cpp, Resources::validate
 */
export function resourceProblem(resource: Resource): string | undefined {
  if (!resource.name) return 'Empty resource name';
  return valueProblem(resource) ?? diskProblem(resource) ?? reservationProblem(resource) ?? sharedProblem(resource);
}

/** Returns the first problem in a list, with the resource that has it. */
export function resourcesProblem(resources: readonly Resource[]): string | undefined {
  for (const resource of resources) {
    const problem = resourceProblem(resource);
    if (problem) return `Resource '${printWithAmount(resource)}' is invalid: ${problem}`;
  }
  return undefined;
}

/** Formats a resource with its amount, also an invalid one. */
export function printWithAmount(resource: Resource): string {
  const algebra = algebraOf(resource.type);
  return `${printResource(resource)}:${algebra ? algebra.print(algebra.read(resource)) : resource.type}`;
}

function valueProblem({ type, scalar, ranges, set }: Resource): string | undefined {
  switch (type) {
    case 'SCALAR':
      if (!scalar || ranges || set) return 'Invalid scalar resource';
      return scalarProblem(scalar.value);
    case 'RANGES':
      if (scalar || !ranges || set) return 'Invalid ranges resource';
      return rangesProblem(ranges.range ?? []);
    case 'SET': {
      if (scalar || ranges || !set) return 'Invalid set resource';
      const items = set.item ?? [];
      return new Set(items).size < items.length ? 'Invalid set resource: duplicated elements' : undefined;
    }
    default:
      return 'Unsupported resource type';
  }
}

function scalarProblem(value: number): string | undefined {
  if (!Number.isFinite(value) || Math.abs(value) * 1000 > maxThousandths) {
    return 'Invalid scalar resource: value is out of range';
  }
  return value !== 0 && toThousandths(value) <= 0 ? 'Invalid scalar resource: value <= 0' : undefined;
}

function rangesProblem(ranges: readonly { begin: number; end: number }[]): string | undefined {
  for (const { begin, end } of ranges) {
    if (begin > end) return 'Invalid ranges resource: begin > end';
    if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0) {
      return 'Invalid ranges resource: value is out of range';
    }
  }
  const sorted = ranges.toSorted((a, b) => a.begin - b.begin);
  const overlaps = sorted.some(({ begin }, i) => i > 0 && begin <= sorted[i - 1]!.end);
  return overlaps ? 'Invalid ranges resource: overlapping ranges' : undefined;
}

function diskProblem({ name, disk }: Resource): string | undefined {
  if (!disk) return undefined;
  if (name !== 'disk') return `DiskInfo should not be set for ${name} resource`;
  if (!disk.source) return undefined;
  const { type, mount, path } = disk.source;
  if (type === 'PATH' || type === 'MOUNT') return undefined;
  if (type !== 'BLOCK' && type !== 'RAW') return `Unsupported 'DiskInfo.Source.Type' in '${type}'`;
  if (mount) return `Mount should not be set for ${type} disk source`;
  if (path) return `Path should not be set for ${type} disk source`;
  return undefined;
}

function reservationProblem(resource: Resource): string | undefined {
  const { role = '*', reservation, reservations = [] } = resource;
  if (reservations.length > 0) return stackProblem(resource) ?? oldFieldsProblem(resource);
  const problem = roleProblem(role);
  if (problem) return problem;
  if (reservation?.type !== undefined) {
    return "'Resource.ReservationInfo.type' must not be set for the 'Resource.reservation' field";
  }
  if (reservation?.role !== undefined) {
    return "'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field";
  }
  if (reservation && role === '*') return 'Invalid reservation: role "*" cannot be dynamically reserved';
  return undefined;
}

function stackProblem({ reservations = [] }: Resource): string | undefined {
  for (const { type, role } of reservations) {
    if (type === undefined) return "Invalid reservation: 'Resource.ReservationInfo.type' field must be set.";
    if (role === undefined) return "Invalid reservation: 'Resource.ReservationInfo.role' field must be set.";
    const problem = roleProblem(role);
    if (problem) return problem;
    if (role === '*') return 'Invalid reservation: role "*" cannot be reserved';
  }
  for (const [i, { type, role = '' }] of reservations.entries()) {
    if (i === 0) continue;
    if (type === 'STATIC') return 'Invalid refined reservation: A refined reservation cannot be STATIC';
    const ancestor = reservations[i - 1]!.role ?? '';
    if (!isStrictSubrole(role, ancestor)) {
      return `Invalid refined reservation: role '${role}' is not a refinement of '${ancestor}'`;
    }
  }
  return undefined;
}

/** Checks that `role` and `reservation` agree with `reservations` when both are set. */
function oldFieldsProblem({ role, reservation, reservations = [] }: Resource): string | undefined {
  const prefix = 'Invalid resource format:';
  const [single, ...refinements] = reservations;
  if (refinements.length > 0) {
    const both = "must not be set if there is more than one reservation in 'Resource.reservations'";
    if (role !== undefined) return `${prefix} 'Resource.role' ${both}`;
    return reservation && `${prefix} 'Resource.reservation' ${both}`;
  }
  if (role !== undefined && role !== single?.role) {
    return `${prefix} 'Resource.role' field with '${role}' does not match the role '${single?.role}' in 'Resource.reservations'`;
  }
  if (single?.type === 'UNKNOWN') return "Unsupported 'Resource.ReservationInfo.Type'";
  if (single?.type === 'STATIC') {
    const problem = `${prefix} 'Resource.reservation' must not be set if the single reservation in 'Resource.reservations' is STATIC`;
    return reservation && problem;
  }
  if ((role === undefined) !== (reservation === undefined)) {
    return `${prefix} 'Resource.role' and 'Resource.reservation' must either be both set or both not set if the single reservation in 'Resource.reservations' is DYNAMIC`;
  }
  if (!reservation) return undefined;
  if ((reservation.principal ?? '') !== (single?.principal ?? '')) {
    return `${prefix} 'Resource.reservation.principal' field with '${reservation.principal ?? ''}' does not match the principal '${single?.principal ?? ''}' in 'Resource.reservations'`;
  }
  const [old, current] = [printLabels(reservation.labels ?? {}), printLabels(single?.labels ?? {})];
  if (old !== current) {
    return `${prefix} 'Resource.reservation.labels' field with '${old}' does not match the labels '${current}' in 'Resource.reservations'`;
  }
  return undefined;
}

function sharedProblem({ name, shared, disk }: Resource): string | undefined {
  if (!shared) return undefined;
  if (name !== 'disk') return `Resource ${name} cannot be shared`;
  return disk?.persistence ? undefined : 'Only persistent volumes can be shared';
}
