import type { AgentId, FrameworkId, ReadonlyIdMap } from '@meseta/protocol';
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

/**
 * Tells why nothing of an agent is offered to a framework for a role. Empty when the next run offers it, unless another
 * framework gets it first.
 */
export type Explain = (frameworkId: FrameworkId, role: string, agentId: AgentId) => Refusal[];

/** What the answers depend on. */
interface Circumstances {
  readonly options: GateOptions;
  readonly frameworks: ReadonlyIdMap<'framework', FrameworkState>;
  readonly agents: ReadonlyIdMap<'agent', AgentState>;
  readonly quotas: QuotaLedger;
  moment(): Moment;
  isWhitelisted(agent: AgentState): boolean;
}

/**
 * Returns a function that tells why a run gives a framework no offer of an agent, by the same rules as a run. All its
 * answers assume the quotas' state at its first question about them: adding up the cluster for each would take long.
 */
export function explainer(circumstances: Circumstances): Explain {
  const { frameworks, agents, quotas } = circumstances;
  let made: QuotaBudget | undefined;
  const budget = () => {
    made ??= new QuotaBudget(quotas, agents.values());
    return made;
  };
  return (frameworkId, role, agentId) => {
    const agent = agents.get(agentId);
    const framework = frameworks.get(frameworkId);
    if (!agent) return [{ reason: 'AGENT_INACTIVE' }];
    if (!framework) return [{ reason: 'NOT_SUBSCRIBED', roles: [] }];
    return refusalsOf(framework, role, agent, circumstances, budget);
  };
}

/** Returns all refusals. Those that have to do with resources are looked for only when there is no other. */
function refusalsOf(
  framework: FrameworkState,
  role: string,
  agent: AgentState,
  circumstances: Circumstances,
  budget: () => QuotaBudget,
): Refusal[] {
  const { options } = circumstances;
  const client = framework.clients.get(role);
  if (!client?.subscribed) {
    const subscribed = [...framework.clients.values()].filter(each => each.subscribed);
    return [{ reason: 'NOT_SUBSCRIBED', roles: subscribed.map(each => each.role.name) }];
  }
  const refusals: Refusal[] = [];
  if (!framework.active) refusals.push({ reason: 'FRAMEWORK_INACTIVE' });
  if (framework.suppressedRoles.has(role)) refusals.push({ reason: 'SUPPRESSED' });
  if (!agent.active) refusals.push({ reason: 'AGENT_INACTIVE' });
  if (!circumstances.isWhitelisted(agent)) refusals.push({ reason: 'NOT_WHITELISTED' });
  for (const gate of gatesFor(client, options)) {
    if (gate.blocks(client, agent, options)) refusals.push({ reason: gate.reason });
  }
  if (refusals.length > 0) return refusals;
  const about = aboutResources(client, agent, circumstances, budget);
  return about ? [about] : [];
}

function aboutResources(
  client: Client,
  agent: AgentState,
  { moment, quotas }: Circumstances,
  budget: () => QuotaBudget,
): Refusal | undefined {
  const available = agent.offerableTo(client);
  if (available.isEmpty)
    return { reason: 'NOTHING_AVAILABLE', held: heldOf(agent), withheld: agent.available.quantities() };
  if (!isAllocatable(available, client.minimum)) {
    const free = available.quantities();
    const shortfalls = client.minimum.map(minimum => ({ minimum, missing: subtractQuantities(minimum, free) }));
    return { reason: 'TOO_SMALL', shortfalls };
  }
  const { offer } = budget().forGuarantee(client.role, available) ?? budget().of(client.role, available);
  const holdable = agent.holdable(offer);
  if (holdable.isEmpty || !isAllocatable(offer, client.minimum)) {
    const role = client.role.top;
    return {
      reason: 'QUOTA',
      role,
      limits: quotas.get(role)?.limits ?? noQuantities,
      consumed: quotas.consumed(role),
    };
  }
  const refused = agent.filters.covering(client, holdable, moment());
  return refused && { reason: 'FILTERED', leftMs: Math.max(0, refused.atMs - moment().nowMs) };
}

function heldOf(agent: AgentState): Map<string, Quantities> {
  const held = new Map<string, Quantities>();
  for (const [{ framework }, resources] of agent.held) {
    held.set(framework.id, addQuantities(held.get(framework.id) ?? noQuantities, resources.quantities()));
  }
  return held;
}
