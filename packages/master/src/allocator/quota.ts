import type { QuotaConfig } from '@meseta/protocol';
import {
  addQuantities,
  type Kind,
  type Limits,
  noQuantities,
  type Quantities,
  quantitiesOf,
  type Resources,
  topLevelRole,
} from '@meseta/resources';

/** What a top-level role, with all below it, shall be able to get and may have. */
export interface Quota {
  readonly guarantees: Quantities;
  readonly limits: Limits;
}

/**
 * Reads the guarantees and limits of a QuotaConfig, in thousandths by resource name. A guarantee of zero is left out.
 */
export function quotaOf({ guarantees, limits }: QuotaConfig): Quota {
  const positive = [...quantitiesOf(guarantees)].filter(([, amount]) => amount > 0);
  return { guarantees: new Map(positive), limits: quantitiesOf(limits) };
}

/**
 * Quotas, and what counts against them: a role's reservations, whether used or not, and what it holds of unreserved
 * resources that are not revocable. Kept up to date with every change, so that a run need not add it up.
 */
export class QuotaLedger {
  readonly #quotas = new Map<string, Quota>();
  readonly #reserved = new Tally();
  readonly #held = new Tally();

  /** Sets a role's quota. One without guarantees and limits removes it. */
  set(role: string, quota: Quota): void {
    if (quota.guarantees.size === 0 && quota.limits.size === 0) this.#quotas.delete(role);
    else this.#quotas.set(role, quota);
  }

  /** @param top a top-level role. */
  get(top: string): Quota | undefined {
    return this.#quotas.get(top);
  }

  get size(): number {
    return this.#quotas.size;
  }

  get hasGuarantees(): boolean {
    return this.#quotas.values().some(({ guarantees }) => guarantees.size > 0);
  }

  [Symbol.iterator](): MapIterator<[string, Quota]> {
    return this.#quotas.entries();
  }

  /** Updates the reserved sums after an agent's total changed. */
  totalChanged(before: Resources, after: Resources): void {
    for (const [role, resources] of before.reservations()) this.#reserved.change(role, resources, -1);
    for (const [role, resources] of after.reservations()) this.#reserved.change(role, resources, 1);
  }

  hold(role: string, resources: Resources): void {
    this.#held.change(role, countable(resources), 1);
  }

  release(role: string, resources: Resources): void {
    this.#held.change(role, countable(resources), -1);
  }

  /** @param top a top-level role. */
  consumed(top: string): Quantities {
    return addQuantities(this.#held.get(top), this.#reserved.get(top));
  }

  /** Returns the part of `consumed` that is not reserved. @param top a top-level role. */
  held(top: string): Quantities {
    return this.#held.get(top);
  }
}

/** Sums by top-level role. */
class Tally {
  readonly #sums = new Map<string, Map<string, number>>();

  get(top: string): Quantities {
    return this.#sums.get(top) ?? noQuantities;
  }

  change(role: string, resources: Resources, sign: 1 | -1): void {
    if (resources.isEmpty) return;
    const top = topLevelRole(role);
    const sums = this.#sums.get(top) ?? new Map<string, number>();
    for (const [name, amount] of resources.quantities()) {
      const sum = (sums.get(name) ?? 0) + sign * amount;
      if (sum === 0) sums.delete(name);
      else sums.set(name, sum);
    }
    if (sums.size === 0) this.#sums.delete(top);
    else this.#sums.set(top, sums);
  }
}

/** Tells whether a quota counts a kind of resource: unreserved scalars that are not revocable. */
export function isCountable(kind: Kind): boolean {
  return kind.isScalar && !kind.isReserved && !kind.isRevocable;
}

/** Returns the part of resources that counts against a quota. */
export function countable(resources: Resources): Resources {
  return resources.filter(isCountable);
}
