import type { AgentState } from './agent-state.ts';
import type { Moment } from './filters.ts';
import type { FrameworkState } from './framework-state.ts';
import { type GateOptions, gatesFor, type RefusalReason } from './gates/index.ts';
import type { QuotaLedger } from './quota.ts';
import { QuotaBudget } from './quota-budget.ts';
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
 * All that keeps a framework from an offer of an agent for a role, found with what a run decides by. Reasons that have
 * to do with the resources are looked for only when there is no other.
 */
export function refusalReasons(
  framework: FrameworkState,
  role: string,
  agent: AgentState,
  circumstances: Circumstances,
): RefusalReason[] {
  const { options, whitelisted } = circumstances;
  const client = framework.clients.get(role);
  if (!client?.subscribed) return ['not-subscribed'];
  const reasons: RefusalReason[] = [];
  if (!framework.active) reasons.push('framework-inactive');
  if (framework.suppressedRoles.has(role)) reasons.push('suppressed');
  if (!agent.active) reasons.push('agent-inactive');
  if (!whitelisted) reasons.push('not-whitelisted');
  for (const gate of gatesFor(client, options)) if (gate.blocks(client, agent, options)) reasons.push(gate.reason);
  if (reasons.length > 0) return reasons;
  const about = aboutResources(client, agent, circumstances);
  return about ? [about] : [];
}

function aboutResources(
  client: Client,
  agent: AgentState,
  { moment, quotas, agents }: Circumstances,
): RefusalReason | undefined {
  const available = agent.offerableTo(client);
  if (available.isEmpty) return 'nothing-available';
  if (!isAllocatable(available, client.minimum)) return 'too-small';
  const budget = new QuotaBudget(quotas, agents);
  const { offer } = budget.forGuarantee(client.role, available) ?? budget.of(client.role, available);
  if (!isAllocatable(offer, client.minimum)) return 'quota';
  return agent.filters.covering(client, offer, moment) && 'filtered';
}
