import { noQuantities, type Quantities, type Resources } from '@meseta/resources';
import type { QuotaLedger } from './quota.ts';
import { isCountable } from './quota.ts';
import type { QuotaBudget } from './quota-budget.ts';
import type { BlockingReason } from './reason.ts';
import type { RoleState } from './role-state.ts';

/** What quotas make of resources. */
interface Cut {
  readonly role: RoleState;
  /** What the role could have without quotas, and what it can have. */
  readonly subject: Resources;
  readonly offer: Resources;
  /** What of that it should have at least. */
  readonly wanted: Quantities;
  readonly budget: QuotaBudget;
  readonly quotas: QuotaLedger;
}

/** Says what cut resources below what is wanted: the role's own limit, the guarantees of others, or both. */
export function quotaReasons({ role, subject, offer, wanted, budget, quotas }: Cut): BlockingReason[] {
  const never = subject.filter(kind => !isCountable(kind)).quantities();
  const given = offer.quantities();
  const [overLimit, forOthers] = [new Map<string, number>(), new Map<string, number>()];
  const unmet = budget.unmetGuarantees();
  for (const [name, amount] of wanted) {
    const missing = amount - (given.get(name) ?? 0);
    if (missing <= 0) continue;
    const needed = amount - (never.get(name) ?? 0);
    const { underLimit, spare } = budget.bounds(role, name);
    const own = unmet.get(role.top)?.get(name) ?? 0;
    if (underLimit < needed) overLimit.set(name, missing);
    if (spare + own < needed) forOthers.set(name, missing);
  }
  const reasons: BlockingReason[] = [];
  if (overLimit.size > 0) {
    const limits = quotas.get(role.top)?.limits ?? noQuantities;
    const consumed = quotas.consumed(role.top);
    reasons.push({ reason: 'QUOTA_LIMIT', role: role.top, limits, consumed, missing: overLimit });
  }
  if (forOthers.size > 0) {
    const others = new Map([...unmet].filter(([top]) => top !== role.top));
    reasons.push({ reason: 'QUOTA_HEADROOM', guaranteed: others, missing: forOthers });
  }
  return reasons;
}
