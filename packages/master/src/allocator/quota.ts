import type { QuotaConfig } from '@meseta/protocol';
import {
  addQuantities,
  type Kind,
  type Limits,
  noQuantities,
  type Quantities,
  quantitiesOf,
  type Resources,
  subtractQuantities,
  topLevelRole,
} from '@meseta/resources';

/** What a top-level role, with all below it, shall be able to get and may have. */
export interface Quota {
  readonly guarantees: Quantities;
  readonly limits: Limits;
}

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
  readonly #reserved = new Map<string, Quantities>();
  readonly #held = new Map<string, Quantities>();

  /** Without guarantees and limits the role has no quota any more. */
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

  /** An agent's total changed. */
  totalChanged(before: Resources, after: Resources): void {
    for (const [role, resources] of before.reservations())
      this.#change(this.#reserved, role, resources, subtractQuantities);
    for (const [role, resources] of after.reservations()) this.#change(this.#reserved, role, resources, addQuantities);
  }

  hold(role: string, resources: Resources): void {
    this.#change(this.#held, role, countable(resources), addQuantities);
  }

  release(role: string, resources: Resources): void {
    this.#change(this.#held, role, countable(resources), subtractQuantities);
  }

  /** @param top a top-level role. */
  consumed(top: string): Quantities {
    return addQuantities(this.#held.get(top) ?? noQuantities, this.#reserved.get(top) ?? noQuantities);
  }

  #change(
    ledger: Map<string, Quantities>,
    role: string,
    resources: Resources,
    change: (a: Quantities, b: Quantities) => Quantities,
  ): void {
    if (resources.isEmpty) return;
    const top = topLevelRole(role);
    const quantities = change(ledger.get(top) ?? noQuantities, resources.quantities());
    if (quantities.size === 0) ledger.delete(top);
    else ledger.set(top, quantities);
  }
}

/** True for what quotas are about: unreserved scalars that are not revocable. */
export function isCountable(kind: Kind): boolean {
  return kind.isScalar && !kind.isReserved && !kind.isRevocable;
}

export function countable(resources: Resources): Resources {
  return resources.filter(isCountable);
}
