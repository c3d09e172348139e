import type { Resource, ResourceReservationInfo } from '@meseta/protocol';
import type { Amount } from './amounts.ts';
import { upgrade } from './convert.ts';
import { type Kind, kindOf } from './kind.ts';
import { printResource } from './print.ts';
import { type Ranges, toMessage } from './ranges.ts';
import { fromThousandths } from './scalars.ts';
import type { Items } from './sets.ts';

/** An amount of one kind. */
export interface Entry {
  readonly kind: Kind;
  readonly amount: Amount;
  /** The number of resources of a kind that is `whole`; otherwise 1. */
  readonly count: number;
}

/** From this number of kinds on, kinds are found by a map. */
const indexFrom = 16;

/**
 * A sum of resources. Immutable: every operation returns another one. It has each kind once, and no empty amounts. The
 * resources of one agent have few kinds, so most searches are short.
 *
 * @see Mesos include/mesos/resources.hpp
 */
export class Resources {
  static readonly empty = new Resources([]);

  readonly entries: readonly Entry[];
  #quantities: ReadonlyMap<string, number> | undefined;
  #index: ReadonlyMap<string, Entry> | undefined;

  private constructor(entries: readonly Entry[]) {
    this.entries = entries;
  }

  /**
   * Adds up resources in any of the wire formats. Invalid amounts (zero, negative, NaN, a value of another type) are
   * left out, so input from outside must be validated first.
   */
  static of(resources: Iterable<Resource> | undefined): Resources {
    if (!resources) return Resources.empty;
    const sum = new Sum([]);
    for (const resource of resources) {
      const upgraded = resource.role === undefined && resource.reservation === undefined ? resource : upgrade(resource);
      const kind = kindOf(upgraded);
      if (!kind) continue;
      const amount = kind.algebra.read(upgraded);
      if (!kind.algebra.isEmpty(amount)) sum.add({ kind, amount, count: 1 });
    }
    return Resources.#of(sum.entries);
  }

  /** Adds up many sums; faster than adding one after another. */
  static sum(all: Iterable<Resources>): Resources {
    if (Array.isArray(all) && all.length === 1) return all[0] as Resources;
    const sum = new Sum([]);
    for (const { entries } of all) for (const entry of entries) sum.add(entry);
    return Resources.#of(sum.entries);
  }

  static #of(entries: readonly Entry[]): Resources {
    return entries.length === 0 ? Resources.empty : new Resources(entries);
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  add(other: Resources): Resources {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const sum = new Sum(this.entries);
    for (const entry of other.entries) sum.add(entry);
    return new Resources(sum.entries);
  }

  /** Subtracts `other`. Where it has more than this one, nothing of the kind is left. */
  subtract(other: Resources): Resources {
    if (other.isEmpty || this.isEmpty) return this;
    if (other === this) return Resources.empty;
    const entries: Entry[] = [];
    for (const entry of this.entries) {
      const taken = other.find(entry.kind);
      const rest = taken ? difference(entry, taken) : entry;
      if (rest) entries.push(rest);
    }
    return Resources.#of(entries);
  }

  contains(other: Resources): boolean {
    if (other === this) return true;
    for (const { kind, amount, count } of other.entries) {
      const entry = this.find(kind);
      if (!entry) return false;
      if (kind.whole ? entry.count < count : !kind.algebra.contains(entry.amount, amount)) return false;
    }
    return true;
  }

  equals(other: Resources): boolean {
    return this.entries.length === other.entries.length && this.contains(other) && other.contains(this);
  }

  /** Returns the part whose kinds satisfy the predicate. */
  filter(predicate: (kind: Kind) => boolean): Resources {
    const entries = this.entries.filter(({ kind }) => predicate(kind));
    return entries.length === this.entries.length ? this : Resources.#of(entries);
  }

  /** Returns the part that is reserved for exactly this role; without a role, all that is reserved. */
  reserved(role?: string): Resources {
    return this.filter(kind => kind.isReserved && (role === undefined || kind.reservationRole === role));
  }

  unreserved(): Resources {
    return this.filter(kind => !kind.isReserved);
  }

  /** Returns the part that is unreserved, or reserved for the role or one of its ancestors. */
  allocatableTo(role: string): Resources {
    return this.filter(kind => kind.isAllocatableTo(role));
  }

  revocable(): Resources {
    return this.filter(kind => kind.isRevocable);
  }

  nonRevocable(): Resources {
    return this.filter(kind => !kind.isRevocable);
  }

  shared(): Resources {
    return this.filter(kind => kind.isShared);
  }

  nonShared(): Resources {
    return this.filter(kind => !kind.isShared);
  }

  persistentVolumes(): Resources {
    return this.filter(kind => kind.isPersistentVolume);
  }

  scalars(): Resources {
    return this.filter(kind => kind.isScalar);
  }

  /** Returns the same resources, all allocated to the role. */
  allocate(role: string): Resources {
    return this.#map(kind => kind.allocatedTo(role));
  }

  /** Returns the same resources without allocation roles. */
  unallocate(): Resources {
    return this.#map(kind => kind.allocatedTo(undefined));
  }

  /** Returns the parts by allocation role; unallocated resources are left out. */
  allocations(): Map<string, Resources> {
    return this.#partition(kind => kind.allocationRole);
  }

  /** Returns the reserved parts by the role that may use them. */
  reservations(): Map<string, Resources> {
    return this.#partition(kind => kind.reservationRole);
  }

  /** Adds a reservation to each resource's stack. Not validated. */
  pushReservation(reservation: ResourceReservationInfo): Resources {
    return this.#restack(reservations => [...reservations, reservation]);
  }

  /** Removes the innermost reservation of each resource. */
  popReservation(): Resources {
    return this.#restack(reservations => reservations.slice(0, -1));
  }

  /** Removes all reservations. */
  toUnreserved(): Resources {
    return this.#restack(() => []);
  }

  /** Returns the sum of the scalars of this name over all kinds, in the resource's unit (cpus, MB, …). */
  scalar(name: string): number {
    return fromThousandths(this.quantities().get(name) ?? 0);
  }

  /** Returns all ranges of this name. */
  ranges(name: string): { begin: number; end: number }[] {
    return toMessage((this.#total(name, 'RANGES') as Ranges | undefined) ?? []);
  }

  /** Returns all items of the sets of this name. */
  set(name: string): Items {
    return (this.#total(name, 'SET') as Items | undefined) ?? new Set();
  }

  /** Returns scalars by name, in thousandths. A shared volume counts once, however many copies there are. */
  quantities(): ReadonlyMap<string, number> {
    if (this.#quantities) return this.#quantities;
    const quantities = new Map<string, number>();
    for (const { kind, amount, count } of this.entries) {
      if (!kind.isScalar) continue;
      const thousandths = (amount as number) * (kind.isShared ? 1 : count);
      quantities.set(kind.name, (quantities.get(kind.name) ?? 0) + thousandths);
    }
    this.#quantities = quantities;
    return quantities;
  }

  /**
   * Returns the resources in the post-reservation-refinement format, copies one by one. The elements are new, the
   * messages in them are not.
   */
  toArray(): Resource[] {
    const resources: Resource[] = [];
    for (const { kind, amount, count } of this.entries) {
      for (let i = 0; i < count; i++) resources.push(kind.algebra.write(kind.template, amount));
    }
    return resources;
  }

  [Symbol.iterator](): Iterator<Resource> {
    return this.toArray()[Symbol.iterator]();
  }

  /**
   * Returns the part whose scalars, added up by name, do not exceed what is allowed. Kinds that cannot be split are
   * included completely or not at all; ranges and sets are included.
   *
   * @param most returns the thousandths allowed of a name.
   */
  capped(most: (name: string) => number): Resources {
    const left = new Map<string, number>();
    const entries: Entry[] = [];
    for (const entry of this.entries) {
      const { kind, amount } = entry;
      const allowed = left.get(kind.name) ?? most(kind.name);
      const part = typeof amount === 'number' ? portion(entry, amount, allowed) : entry;
      if (!part) continue;
      entries.push(part);
      if (typeof part.amount === 'number') left.set(kind.name, allowed - part.amount * part.count);
    }
    return entries.length === this.entries.length && entries.every((entry, i) => entry === this.entries[i])
      ? this
      : Resources.#of(entries);
  }

  /** Formats resources as in Mesos's messages: `cpus(allocated: web):2; mem:32`; `{}` when empty. */
  toString(): string {
    if (this.isEmpty) return '{}';
    const printed = this.entries.flatMap(({ kind, amount, count }) => {
      const text = `${printResource(kind.template)}:${kind.algebra.print(amount)}`;
      return kind.isShared ? [`${text}<${count}>`] : Array<string>(count).fill(text);
    });
    return printed.join('; ');
  }

  /** Returns the entry of a kind. */
  find(kind: Kind): Entry | undefined {
    if (this.entries.length > indexFrom) {
      this.#index ??= new Map(this.entries.map(entry => [entry.kind.key, entry]));
      return this.#index.get(kind.key);
    }
    for (const entry of this.entries) {
      if (entry.kind === kind || entry.kind.key === kind.key) return entry;
    }
    return undefined;
  }

  #map(change: (kind: Kind) => Kind): Resources {
    let changed = false;
    const sum = new Sum([]);
    for (const entry of this.entries) {
      const kind = change(entry.kind);
      changed ||= kind !== entry.kind;
      sum.add(kind === entry.kind ? entry : { ...entry, kind });
    }
    return changed ? new Resources(sum.entries) : this;
  }

  #restack(change: (reservations: readonly ResourceReservationInfo[]) => ResourceReservationInfo[]): Resources {
    const resources = this.toArray();
    return Resources.of(
      resources.map(({ reservations = [], ...rest }) => ({ ...rest, reservations: change(reservations) })),
    );
  }

  #partition(roleOf: (kind: Kind) => string | undefined): Map<string, Resources> {
    const parts = Map.groupBy(this.entries, ({ kind }) => roleOf(kind));
    const result = new Map<string, Resources>();
    for (const [role, entries] of parts) if (role !== undefined) result.set(role, new Resources(entries));
    return result;
  }

  #total(name: string, type: Resource['type']): Amount | undefined {
    let total: Amount | undefined;
    for (const { kind, amount } of this.entries) {
      if (kind.name !== name || kind.template.type !== type) continue;
      total = total === undefined ? amount : kind.algebra.add(total, amount);
    }
    return total;
  }
}

/** Subtracts an amount from an entry; undefined when nothing is left. */
function difference(entry: Entry, taken: Entry): Entry | undefined {
  const { kind } = entry;
  if (kind.whole) return entry.count > taken.count ? { ...entry, count: entry.count - taken.count } : undefined;
  const amount = kind.algebra.subtract(entry.amount, taken.amount);
  return kind.algebra.isEmpty(amount) ? undefined : { kind, amount, count: 1 };
}

/** Returns the allowed part of an entry; undefined when that is nothing. */
function portion(entry: Entry, amount: number, allowed: number): Entry | undefined {
  if (amount * entry.count <= allowed) return entry;
  if (entry.kind.whole) {
    const count = Math.floor(allowed / amount);
    return count > 0 ? { ...entry, count } : undefined;
  }
  return allowed > 0 ? { ...entry, amount: allowed } : undefined;
}

/** Adds up entries. */
class Sum {
  readonly entries: Entry[];
  #index: Map<string, number> | undefined;

  constructor(entries: readonly Entry[]) {
    this.entries = entries.slice();
  }

  add(entry: Entry): void {
    const { kind } = entry;
    const position = this.#position(kind);
    const present = this.entries[position];
    if (!present) {
      this.#index?.set(kind.key, this.entries.length);
      this.entries.push(entry);
    } else if (kind.whole) {
      this.entries[position] = { ...present, count: present.count + entry.count };
    } else {
      this.entries[position] = { kind: present.kind, amount: kind.algebra.add(present.amount, entry.amount), count: 1 };
    }
  }

  #position(kind: Kind): number {
    if (this.entries.length > indexFrom) {
      this.#index ??= new Map(this.entries.map((entry, position) => [entry.kind.key, position]));
      return this.#index.get(kind.key) ?? -1;
    }
    let position = 0;
    for (const present of this.entries) {
      if (present.kind === kind || present.kind.key === kind.key) return position;
      position++;
    }
    return -1;
  }
}
