import { addQuantities, noQuantities, type Quantities, subtractQuantities } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import type { Moment } from './filters.ts';
import type { FrameworkState } from './framework-state.ts';
import { type GateOptions, gatesFor } from './gates/index.ts';
import type { QuotaLedger } from './quota.ts';
import { QuotaBudget } from './quota-budget.ts';
import type { Refusal } from './refusal.ts';
import type { Client } from './role-state.ts';
import { isAllocatable } from './run.ts';

/** The state in which the question is asked. */
export interface Circumstances {
  readonly options: GateOptions;
  readonly moment: Moment;
  readonly quotas: QuotaLedger;
  readonly agents: Iterable<AgentState>;
  readonly whitelisted: boolean;
}

/**
 * Returns all reasons why a framework gets no offer of an agent for a role, by the same rules as a run. Reasons that
 * have to do with the resources are looked for only when there is no other.
 */
export function refusalsOf(
  framework: FrameworkState,
  role: string,
  agent: AgentState,
  circumstances: Circumstances,
): Refusal[] {
  const { options, whitelisted } = circumstances;
  const client = framework.clients.get(role);
  if (!client?.subscribed) {
    const subscribed = [...framework.clients.values()].filter(each => each.subscribed);
    return [{ reason: 'not-subscribed', roles: subscribed.map(each => each.role.name) }];
  }
  const refusals: Refusal[] = [];
  if (!framework.active) refusals.push({ reason: 'framework-inactive' });
  if (framework.suppressedRoles.has(role)) refusals.push({ reason: 'suppressed' });
  if (!agent.active) refusals.push({ reason: 'agent-inactive' });
  if (!whitelisted) refusals.push({ reason: 'not-whitelisted' });
  for (const gate of gatesFor(client, options)) {
    if (gate.blocks(client, agent, options)) refusals.push({ reason: gate.reason });
  }
  if (refusals.length > 0) return refusals;
  const about = aboutResources(client, agent, circumstances);
  return about ? [about] : [];
}

function aboutResources(
  client: Client,
  agent: AgentState,
  { moment, quotas, agents }: Circumstances,
): Refusal | undefined {
  const available = agent.offerableTo(client);
  if (available.isEmpty)
    return { reason: 'nothing-available', held: heldOf(agent), withheld: agent.available.quantities() };
  if (!isAllocatable(available, client.minimum)) {
    const [least = noQuantities] = client.minimum;
    return { reason: 'too-small', short: subtractQuantities(least, available.quantities()) };
  }
  const budget = new QuotaBudget(quotas, agents);
  const { offer } = budget.forGuarantee(client.role, available) ?? budget.of(client.role, available);
  if (!isAllocatable(offer, client.minimum)) {
    const role = client.role.top;
    return {
      reason: 'quota',
      role,
      limits: quotas.get(role)?.limits ?? noQuantities,
      consumed: quotas.consumed(role),
    };
  }
  const refused = agent.filters.covering(client, offer, moment);
  return refused && { reason: 'filtered', leftMs: Math.max(0, refused.atMs - moment.nowMs) };
}

function heldOf(agent: AgentState): Map<string, Quantities> {
  const held = new Map<string, Quantities>();
  for (const [{ framework }, resources] of agent.held) {
    held.set(framework.id, addQuantities(held.get(framework.id) ?? noQuantities, resources.quantities()));
  }
  return held;
}
