import type { Offer, Resource } from '@meseta/protocol';
import { type Amounts, type Kind, Resources, toThousandths } from '@meseta/resources';

/**
 * What is left of an offer while tasks are put on it.
 *
 * ```ts
 * const room = new OfferRoom(offer);
 * const resources = room.take({ cpus: 0.5, mem: 64 });
 * ```
 */
export class OfferRoom {
  readonly offer: Offer;
  #left: Resources;

  constructor(offer: Offer) {
    this.offer = offer;
    this.#left = Resources.of(offer.resources);
  }

  /** Returns all that is left, also what `take` does not give: volumes, ports, revocable resources. */
  get left(): Resources {
    return this.#left;
  }

  /** Returns how much `take` could give of a resource. */
  amount(name: string): number {
    return this.#left.filter(takeable(name)).scalar(name);
  }

  /**
   * Takes amounts of scalar resources: what is reserved first, with its reservation. Never takes volumes, whole disks or
   * revocable resources.
   *
   * @returns the resources for a task; undefined when there is not enough of all, and then nothing is taken.
   */
  take(amounts: Amounts): Resource[] | undefined {
    const parts: Resources[] = [];
    for (const [name, amount] of Object.entries(amounts)) {
      const wanted = toThousandths(amount);
      const all = this.#left.filter(takeable(name));
      const reserved = all.reserved().capped(() => wanted);
      const missing = wanted - (reserved.quantities().get(name) ?? 0);
      const unreserved = all.unreserved().capped(() => missing);
      if ((unreserved.quantities().get(name) ?? 0) < missing) return undefined;
      parts.push(reserved, unreserved);
    }
    const taken = Resources.sum(parts);
    this.#left = this.#left.subtract(taken);
    return taken.toArray();
  }

  /** Takes ports, the lowest first. @returns undefined when there are not enough, and then nothing is taken. */
  takePorts(count: number): Resource[] | undefined {
    const taken: Resource[] = [];
    let missing = count;
    for (const resource of this.#left.filter(({ name, isRevocable }) => name === 'ports' && !isRevocable)) {
      const range: { begin: number; end: number }[] = [];
      for (const { begin, end } of resource.ranges?.range ?? []) {
        if (missing === 0) break;
        const last = Math.min(end, begin + missing - 1);
        range.push({ begin, end: last });
        missing -= last - begin + 1;
      }
      if (range.length > 0) taken.push({ ...resource, ranges: { range } });
    }
    if (missing > 0) return undefined;
    this.takeThese(taken);
    return taken;
  }

  /** Takes certain resources, for example a volume. @returns false when the offer does not have them, and then nothing is taken. */
  takeThese(resources: readonly Resource[]): boolean {
    const wanted = Resources.of(resources);
    if (!this.#left.contains(wanted)) return false;
    this.#left = this.#left.subtract(wanted);
    return true;
  }
}

/** Returns how much of each scalar resource there is, in the form of {@link OfferRoom.take}. */
export function amountsOf(resources: readonly Resource[] = []): Amounts {
  const sums = new Map<string, number>();
  for (const { name, scalar } of resources) if (scalar) sums.set(name, (sums.get(name) ?? 0) + scalar.value);
  return Object.fromEntries(sums);
}

const takeable = (name: string) => (kind: Kind) =>
  kind.name === name && kind.isScalar && !kind.isRevocable && !kind.isShared && kind.disk === undefined;
