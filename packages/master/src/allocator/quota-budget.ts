import { addQuantities, noQuantities, type Quantities, type Resources, subtractQuantities } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import { countable, isCountable, type QuotaLedger } from './quota.ts';
import type { RoleState } from './role-state.ts';

/** What a role may have of the resources it could be offered. */
export interface Budget {
  /** Tells it from the reasons why there is none, see `Verdict`. */
  readonly stop?: undefined;
  readonly offer: Resources;
  /** What of it counts against the role's quota. */
  readonly counted: Quantities;
  /** What of that serves the role's guarantee. */
  readonly guaranteed: Quantities;
}

/** How much more of a resource a role may have; infinite where nothing bounds it, negative where more is held already. */
export interface Bounds {
  readonly underLimit: number;
  /** Free in the cluster, and not needed for what is guaranteed and not met. */
  readonly spare: number;
}

/**
 * Applies limits and guarantees during a run. Reservations, revocable resources, ranges and sets are never held back.
 * Of the rest, a role gets at most what its limit allows, and leaves enough for what is guaranteed to others and not
 * yet allocated to them (the headroom).
 */
export class QuotaBudget {
  readonly #quotas: QuotaLedger;
  readonly #consumed = new Map<string, Quantities>();
  /** Guaranteed, but not consumed yet; all roles together. */
  #required = noQuantities;
  /**
   * The free resources of all agents that are unreserved and not revocable. Computed only when a guarantee needs it.
   */
  #available: Map<string, number> | undefined;
  readonly #limited = new Memo<Budget>();
  readonly #guaranteed = new Memo<Budget | undefined>();

  constructor(quotas: QuotaLedger, agents: Iterable<AgentState>) {
    this.#quotas = quotas;
    for (const [role, { guarantees }] of quotas) {
      const consumed = quotas.consumed(role);
      this.#consumed.set(role, consumed);
      this.#required = addQuantities(this.#required, subtractQuantities(guarantees, consumed));
    }
    if (this.#required.size > 0) this.#available = sumOf(agents);
  }

  hasUnmetGuarantee(role: RoleState): boolean {
    return this.#unmet(role).size > 0;
  }

  /** Returns the part of the resources that the role's quota allows; may be empty. */
  of(role: RoleState, resources: Resources): Budget {
    const quota = this.#quotas.get(role.top);
    if (!quota && !this.#available) {
      return { offer: resources, counted: noQuantities, guaranteed: noQuantities };
    }
    return this.#limited.get(role, resources, () => {
      const counted = this.#capped(countable(resources), role, noQuantities);
      return { offer: join(resources, counted), counted: counted.quantities(), guaranteed: noQuantities };
    });
  }

  /** Returns the same when some of it helps to meet the role's guarantee; otherwise undefined. */
  forGuarantee(role: RoleState, resources: Resources): Budget | undefined {
    return this.#guaranteed.get(role, resources, () => {
      const unmet = this.#unmet(role);
      const all = countable(resources);
      const guaranteed = all.capped(name => unmet.get(name) ?? 0);
      if (guaranteed.isEmpty) return undefined;
      const counted = guaranteed.add(this.#capped(all.subtract(guaranteed), role, guaranteed.quantities()));
      return {
        offer: join(resources, counted),
        counted: counted.quantities(),
        guaranteed: guaranteed.quantities(),
      };
    });
  }

  /** Records that the role takes what the budget allowed. */
  spend(role: RoleState, { counted, guaranteed }: Budget): void {
    this.#limited.clear();
    this.#guaranteed.clear();
    if (this.#quotas.get(role.top)) {
      this.#consumed.set(role.top, addQuantities(this.#consumed.get(role.top) ?? noQuantities, counted));
    }
    this.#required = subtractQuantities(this.#required, guaranteed);
    if (!this.#available) return;
    for (const [name, amount] of counted) this.#available.set(name, (this.#available.get(name) ?? 0) - amount);
  }

  #unmet({ top }: Pick<RoleState, 'top'>): Quantities {
    const quota = this.#quotas.get(top);
    return quota ? subtractQuantities(quota.guarantees, this.#consumed.get(top) ?? noQuantities) : noQuantities;
  }

  /** Returns what a role may have in addition of a resource: up to its limit, and beside what is kept for guarantees. */
  bounds({ top }: RoleState, name: string): Bounds {
    const limit = this.#quotas.get(top)?.limits.get(name) ?? Number.POSITIVE_INFINITY;
    const required = this.#required.get(name) ?? 0;
    return {
      underLimit: limit - (this.#consumed.get(top)?.get(name) ?? 0),
      spare: required > 0 ? (this.#available?.get(name) ?? 0) - required : Number.POSITIVE_INFINITY,
    };
  }

  /** Returns what is guaranteed to top-level roles and not consumed by them yet. */
  unmetGuarantees(): Map<string, Quantities> {
    const unmet = [...this.#quotas].map(([top]) => [top, this.#unmet({ top })] as const);
    return new Map(unmet.filter(([, quantities]) => quantities.size > 0));
  }

  /** @param extra consumed in addition to what is recorded. */
  #capped(resources: Resources, role: RoleState, extra: Quantities): Resources {
    return resources.capped(name => {
      const { underLimit, spare } = this.bounds(role, name);
      return Math.max(0, Math.min(underLimit - (extra.get(name) ?? 0), spare));
    });
  }
}

/** The last answer: the frameworks of a role ask the same question one after another, until one takes something. */
class Memo<B> {
  #last: { role: RoleState; resources: Resources; budget: B } | undefined;

  get(role: RoleState, resources: Resources, compute: () => B): B {
    if (this.#last?.role !== role || this.#last.resources !== resources) {
      this.#last = { role, resources, budget: compute() };
    }
    return this.#last.budget;
  }

  clear(): void {
    this.#last = undefined;
  }
}

/** Returns what is never held back, and the rest after the cut; the whole itself when nothing was cut. */
function join(whole: Resources, counted: Resources): Resources {
  const sum = whole.filter(kind => !isCountable(kind)).add(counted);
  return sum.equals(whole) ? whole : sum;
}

function sumOf(agents: Iterable<AgentState>): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { surplus } of agents) {
    for (const [name, amount] of surplus) sum.set(name, (sum.get(name) ?? 0) + amount);
  }
  return sum;
}
