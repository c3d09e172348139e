import type { Labels, Resource, ResourceDiskInfo, ResourceReservationInfo } from '@meseta/protocol';
import type { Algebra } from './algebra.ts';
import { type Amount, algebraOf } from './amounts.ts';

/**
 * Everything about a resource except its amount. Two resources can be added exactly when their kinds have equal keys:
 * same name, type, allocation role, stack of reservations, disk (its source and persistence id, but not where a task
 * mounts it), revocability, sharing and provider.
 *
 * Resources that cannot be split (`whole`: persistent volumes, shared ones, MOUNT and BLOCK disks, RAW disks with an
 * id) have the amount in the key, and are counted instead of added.
 *
 * @see Mesos src/common/resources.cpp, addable and subtractable
 */
export class Kind {
  readonly key: string;
  /** The key without the allocation role. */
  readonly #base: string;
  /** The resource without amount and allocation. */
  readonly #template: Resource;
  /** The resource without amount. */
  readonly template: Resource;
  readonly algebra: Algebra<Amount>;
  readonly name: string;
  readonly isScalar: boolean;
  /** The role of the offer, task or operation that the resource is allocated to; undefined when it is not allocated. */
  readonly allocationRole: string | undefined;
  /** The reservations, outermost first; the last one decides who may use the resource. */
  readonly reservations: readonly ResourceReservationInfo[];
  readonly reservationRole: string | undefined;
  readonly isRevocable: boolean;
  readonly isShared: boolean;
  readonly isPersistentVolume: boolean;
  readonly whole: boolean;

  constructor(base: string, template: Resource, algebra: Algebra<Amount>, role: string | undefined) {
    this.key = keyOf(base, role);
    this.#base = base;
    this.#template = template;
    this.template = role === undefined ? template : { ...template, allocation_info: { role } };
    this.algebra = algebra;
    this.name = template.name;
    this.isScalar = template.type === 'SCALAR';
    this.allocationRole = role;
    this.reservations = template.reservations ?? [];
    this.reservationRole = this.reservations.at(-1)?.role;
    this.isRevocable = template.revocable !== undefined;
    this.isShared = template.shared !== undefined;
    this.isPersistentVolume = template.disk?.persistence !== undefined;
    this.whole = isWhole(template);
  }

  get isReserved(): boolean {
    return this.reservations.length > 0;
  }

  get isDynamicallyReserved(): boolean {
    return this.reservations.at(-1)?.type === 'DYNAMIC';
  }

  get disk(): ResourceDiskInfo | undefined {
    return this.#template.disk;
  }

  get providerId(): string | undefined {
    return this.#template.provider_id?.value;
  }

  /** Tells whether it is unreserved, or reserved for the role or one of its ancestors. */
  isAllocatableTo(role: string): boolean {
    const reserved = this.reservationRole;
    if (reserved === undefined || reserved === role) return true;
    return role.length > reserved.length && role[reserved.length] === '/' && role.startsWith(reserved);
  }

  /** Returns the same kind with this allocation role; with none when it is undefined. */
  allocatedTo(role: string | undefined): Kind {
    if (role === this.allocationRole) return this;
    if (this.disk) return new Kind(this.#base, this.#template, this.algebra, role);
    const key = keyOf(this.#base, role);
    return cache.get(key) ?? remember(new Kind(this.#base, this.#template, this.algebra, role));
  }
}

/**
 * The kinds seen before, so that equal ones are usually identical and each is examined once. Kinds of disks are not
 * stored: their templates may differ when their keys do not. It is emptied when it is full, which costs time only.
 */
const cache = new Map<string, Kind>();
const cacheLimit = 10_000;
/** Kinds of plain resources by name and allocation role: nearly all are, and each task has some. They need no key. */
const plainKinds = new Map<string, Map<string | undefined, Kind>>();
let plainCount = 0;

function remember(kind: Kind): Kind {
  if (cache.size >= cacheLimit) cache.clear();
  cache.set(kind.key, kind);
  return kind;
}

/**
 * Returns the kind of a resource in the post-reservation-refinement format.
 *
 * @returns undefined for a type that resources cannot have.
 */
export function kindOf(resource: Resource): Kind | undefined {
  const { name, type, allocation_info } = resource;
  if (!isPlain(resource)) return keyedKind(resource);
  const known = plainKinds.get(name)?.get(allocation_info?.role);
  if (known?.template.type === type) return known;
  const kind = keyedKind(resource);
  if (kind) rememberPlain(name, allocation_info?.role, kind);
  return kind;
}

function rememberPlain(name: string, role: string | undefined, kind: Kind): void {
  if (plainCount++ >= cacheLimit) {
    plainKinds.clear();
    plainCount = 0;
  }
  const byRole = plainKinds.get(name) ?? new Map<string | undefined, Kind>();
  plainKinds.set(name, byRole.set(role, kind));
}

function keyedKind(resource: Resource): Kind | undefined {
  const algebra = algebraOf(resource.type);
  if (!algebra) return undefined;
  const base = baseKey(resource, algebra);
  const role = resource.allocation_info?.role;
  return (
    cache.get(keyOf(base, role)) ?? (resource.disk ? make : makeCached)(base, strippedTemplate(resource), algebra, role)
  );
}

const make = (...parameters: ConstructorParameters<typeof Kind>) => new Kind(...parameters);
const makeCached = (...parameters: ConstructorParameters<typeof Kind>) => remember(new Kind(...parameters));

function strippedTemplate({ name, type, reservations, disk, revocable, shared, provider_id }: Resource): Resource {
  return {
    name,
    type,
    ...(reservations?.length && { reservations }),
    ...(disk && { disk }),
    ...(revocable && { revocable }),
    ...(shared && { shared }),
    ...(provider_id && { provider_id }),
  };
}

/** Makes a key. It starts with the length of the role, so that no name can make it equal to another key. */
function keyOf(base: string, role: string | undefined): string {
  return role === undefined ? base : `${role.length}:${role}${base}`;
}

/** Whether a resource has nothing but name, type, amount and allocation. */
function isPlain({ reservations, disk, revocable, shared, provider_id }: Resource): boolean {
  return !reservations?.length && !disk && !revocable && !shared && !provider_id;
}

function baseKey(resource: Resource, algebra: Algebra<Amount>): string {
  const { name, type, reservations, disk, revocable, shared, provider_id } = resource;
  if (isPlain(resource)) return `${type}:${name}`;
  return JSON.stringify([
    type,
    name,
    reservations?.map(reservationKey) ?? [],
    disk && [disk.persistence?.id, disk.source && sourceKey(disk.source)],
    revocable !== undefined,
    shared !== undefined,
    provider_id?.value,
    isWhole(resource) ? algebra.print(algebra.read(resource)) : undefined,
  ]);
}

/** `undefined` inside an array becomes `null` in the key; none of these fields can be null. */
function reservationKey({ type, role, principal, labels }: ResourceReservationInfo): unknown[] {
  return [type, role, principal, labelsKey(labels)];
}

function sourceKey({ type, path, mount, vendor, id, metadata, profile }: NonNullable<ResourceDiskInfo['source']>) {
  return [type, path && [path.root], mount && [mount.root], vendor, id, labelsKey(metadata), profile];
}

/** Makes the key of labels, in which their order does not count. */
function labelsKey(labels: Labels | undefined): string[] | undefined {
  return labels && (labels.labels ?? []).map(({ key, value }) => JSON.stringify([key, value])).sort();
}

function isWhole({ disk, shared }: Resource): boolean {
  if (shared || disk?.persistence) return true;
  const source = disk?.source;
  return source?.type === 'MOUNT' || source?.type === 'BLOCK' || (source?.type === 'RAW' && source.id !== undefined);
}
