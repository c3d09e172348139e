import { type MessageType, Resource, type ResourceReservationInfo } from '@meseta/protocol';

/**
 * The format of a resource's reservations:
 * - `pre`: `role` and `reservation`, at most one; what frameworks without RESERVATION_REFINEMENT get, agents without it,
 *   checkpoints of old agents.
 * - `post`: `reservations`, a stack. The form of all resources in memory.
 * - `endpoint`: both, as far as `pre` can say it.
 *
 * @see Mesos src/common/resources_utils.cpp, convertResourceFormat
 */
export type ResourceFormat = 'pre' | 'post' | 'endpoint';

/** A refined reservation cannot be expressed in the older format. The message is Mesos's. */
export class DowngradeError extends Error {
  override readonly name = 'DowngradeError';
  readonly code = 'RESOURCE_NOT_DOWNGRADABLE';
  constructor() {
    super('Cannot downgrade resources containing refined reservations');
  }
}

/** Converts any of the three formats to `post`. Resources already in it are returned unchanged. */
export function upgrade(resource: Resource): Resource {
  if (resource.role === undefined && resource.reservation === undefined) return resource;
  const { role = '*', reservation, ...rest } = resource;
  if (rest.reservations?.length || role === '*') return rest;
  const upgraded: ResourceReservationInfo = reservation
    ? { ...reservation, type: 'DYNAMIC', role }
    : { type: 'STATIC', role };
  return { ...rest, reservations: [upgraded] };
}

/**
 * Converts `post` to `pre`: unreserved resources get the role `*`.
 *
 * @throws {DowngradeError} when the resource has more than one reservation.
 */
export function downgrade(resource: Resource): Resource {
  if ((resource.reservations?.length ?? 0) > 1) throw new DowngradeError();
  const { reservations: _, ...rest } = withOldFields(resource);
  return rest;
}

/** Converts `post` to `endpoint`. Refined reservations are written in the new form only. */
export function toEndpoint(resource: Resource): Resource {
  return (resource.reservations?.length ?? 0) > 1 ? resource : withOldFields(resource);
}

function withOldFields(resource: Resource): Resource {
  const reservation = resource.reservations?.[0];
  if (!reservation) return { ...resource, role: '*' };
  const { role, type, principal, labels } = reservation;
  return {
    ...resource,
    role,
    ...(type === 'DYNAMIC' && {
      reservation: { ...(principal !== undefined && { principal }), ...(labels !== undefined && { labels }) },
    }),
  };
}

const converters: Record<ResourceFormat, (resource: Resource) => Resource> = {
  pre: downgrade,
  post: upgrade,
  endpoint: toEndpoint,
};

/**
 * Converts a list.
 *
 * @throws {DowngradeError} when the format is `pre` and a resource has refined reservations.
 */
export function convertResources(resources: readonly Resource[], format: ResourceFormat): Resource[] {
  return resources.map(converters[format]);
}

/**
 * Converts every resource in a message, at any depth. The message itself is not changed; the result shares the parts
 * without resources.
 *
 * @throws {DowngradeError} when the format is `pre` and a resource has refined reservations.
 */
export function convertMessage<T>(type: MessageType<T>, message: T, format: ResourceFormat): T {
  return mapResources(type, message, converters[format]);
}

/** Removes the allocation role of every resource in a message, for frameworks without MULTI_ROLE. */
export function stripAllocation<T>(type: MessageType<T>, message: T): T {
  return mapResources(type, message, resource => {
    const { allocation_info: _, ...rest } = resource;
    return rest;
  });
}

/** Whether a Resource can occur in a message of the type. */
const containsResources = new Map<MessageType<unknown>, boolean>();

function canContainResources(type: MessageType<unknown>): boolean {
  const known = containsResources.get(type);
  if (known !== undefined) return known;
  containsResources.set(type, false); // ends the recursion for types that contain themselves
  const result =
    type.fullName === Resource.fullName ||
    type.fields.some(({ message }) => message !== undefined && canContainResources(message));
  containsResources.set(type, result);
  return result;
}

/** Applies a function to every resource in a message, at any depth. */
export function mapResources<T>(type: MessageType<T>, message: T, change: (resource: Resource) => Resource): T {
  return mapUnknown(type, message, change) as T;
}

function mapUnknown(type: MessageType<unknown>, value: unknown, change: (resource: Resource) => Resource): unknown {
  if (type.fullName === Resource.fullName) return change(value as Resource);
  if (!canContainResources(type)) return value;
  const source = value as Record<string, unknown>;
  const result = { ...source };
  for (const { name, message, label } of type.fields) {
    const child = source[name];
    if (child === undefined || !message || !canContainResources(message)) continue;
    const map = (item: unknown) => mapUnknown(message, item, change);
    if (label === 'repeated') result[name] = (child as unknown[]).map(map);
    else if (label === 'map') {
      result[name] = Object.fromEntries(Object.entries(child as object).map(([key, item]) => [key, map(item)]));
    } else result[name] = map(child);
  }
  return result;
}
