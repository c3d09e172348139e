/** Every reason why a framework gets no offer of an agent that is large enough, with what belongs to it. */
import type { AgentId, FrameworkId } from '@meseta/protocol';
import {
  addQuantities,
  containsQuantities,
  noQuantities,
  type Quantities,
  subtractQuantities,
} from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import { type Circumstances, judgeOf } from './circumstances.ts';
import { earlierChoosers } from './earlier-choosers.ts';
import { rolesOf, shortfallsOf } from './explain.ts';
import { agentGates, candidateGates, clientGates, notSubscribed } from './gates/index.ts';
import { isAllocatable, type Judge } from './judge.ts';
import { quotaReasons } from './quota-reasons.ts';
import type { AllocatorReason, BlockingReason } from './reason.ts';
import type { Client } from './role-state.ts';
import { withheld, withheldReasons } from './withheld.ts';

/** What an explanation is about. */
export interface OfferQuestion {
  readonly frameworkId: FrameworkId;
  readonly role: string;
  /** What an offer has to contain, in thousandths; nothing: any offer will do. */
  readonly size: Quantities;
}

/**
 * Returns all reasons of one agent. Without a blocking one, the next run may offer the agent to the framework, with at
 * least what was asked for; without any, it does. An unknown agent is inactive.
 */
export type ReasonsOf = (agentId: AgentId) => AllocatorReason[];

/**
 * Returns a function that gives the reasons of agents, by the same gates and the same judge as a run. All its answers assume
 * the quotas' state and the order of the frameworks at its first question.
 */
export function offerReasons(circumstances: Circumstances, { frameworkId, role, size }: OfferQuestion): ReasonsOf {
  const { agents, frameworks, options, order, whitelist } = circumstances;
  const framework = frameworks.get(frameworkId);
  const client = framework?.clients.get(role);
  if (!framework || !client || notSubscribed.blocks(client)) {
    const reasons: AllocatorReason[] = [{ reason: 'NOT_SUBSCRIBED', roles: framework ? rolesOf(framework) : [] }];
    return () => reasons;
  }
  const judge = judgeOf(circumstances);
  const gates = agentGates.filter(gate => gate.concerns(client, options));
  let before: ReturnType<typeof earlierChoosers> | undefined;
  return agentId => {
    const agent = agents.get(agentId);
    const states = clientGates.filter(gate => gate.blocks(client)).map(({ reason }) => ({ reason }) as BlockingReason);
    if (!agent) return [...states, { reason: 'AGENT_INACTIVE' }];
    for (const gate of candidateGates) if (gate.blocks(agent, whitelist)) states.push({ reason: gate.reason });
    for (const gate of gates) {
      if (gate.blocks(client, agent, options)) states.push(gateReason(gate.reason, client, agent, options.region));
    }
    const reasons = [...states, ...aboutResources(client, agent, size, judge(), circumstances)];
    if (reasons.length > 0 || !order) return reasons;
    before ??= earlierChoosers(client, order, judge());
    const lower = before(agent);
    return lower ? [lower] : [];
  };
}

function gateReason(
  reason: (typeof agentGates)[number]['reason'],
  { framework, role }: Client,
  { info }: AgentState,
  masterRegion = '',
): BlockingReason {
  if (reason === 'OFFER_CONSTRAINTS') return { reason, failed: framework.constraints?.failures(role.name, info) ?? [] };
  if (reason === 'NOT_REGION_AWARE')
    return { reason, region: info.domain?.fault_domain?.region.name ?? '', masterRegion };
  return { reason };
}

/** Where too little is free, quota and filter are judged as if all that the client may have were free. */
function aboutResources(
  client: Client,
  agent: AgentState,
  size: Quantities,
  judge: Judge,
  { quotas, moment }: Circumstances,
): BlockingReason[] {
  const free = agent.offerableTo(client);
  const isEnough = isAllocatable(free, client.minimum) && containsQuantities(free.quantities(), size);
  const reasons = isEnough ? [] : shortage(client, agent, size);
  const subject = isEnough ? free : agent.total.filter(kind => withheld(kind, client) === undefined);
  const verdict = judge.verdict(client, agent, subject, 'either', []);
  if (verdict.stop === 'NOTHING_AVAILABLE' || verdict.stop === 'TOO_SMALL') return reasons;
  const { offer } = judge.allowance(client.role, subject, 'either') ?? { offer: subject };
  const isOverQuota = verdict.stop === 'QUOTA' || !containsQuantities(offer.quantities(), size);
  if (isOverQuota) {
    const wanted = verdict.stop === 'QUOTA' ? subject.quantities() : size;
    reasons.push(...quotaReasons({ role: client.role, subject, offer, wanted, budget: judge.budget, quotas }));
  }
  const until =
    verdict.stop === 'FILTERED'
      ? verdict.until
      : verdict.stop === 'QUOTA'
        ? judge.refusal(client, agent, agent.holdable(subject))
        : undefined;
  if (until) reasons.push({ reason: 'FILTERED', leftMs: Math.max(0, until.atMs - moment().nowMs) });
  return reasons;
}

/** Says where the rest is when too little is free. At least one reason. */
function shortage(client: Client, agent: AgentState, size: Quantities): BlockingReason[] {
  const free = agent.offerableTo(client);
  const isOffer = isAllocatable(free, client.minimum);
  const missing = subtractQuantities(size, free.quantities());
  // Of a resource that is not missing, it does not matter who has it.
  const relevant = (quantities: Quantities): Quantities =>
    isOffer ? new Map([...quantities].filter(([name]) => missing.has(name))) : quantities;
  const reasons: BlockingReason[] = [];
  for (const reason of withheldReasons) {
    const kept = agent.total.filter(kind => withheld(kind, client) === reason);
    const amounts = relevant(kept.quantities());
    if (amounts.size === 0) continue;
    if (reason === 'RESERVED') {
      const by = [...kept.reservations()].map(([role, part]) => [role, relevant(part.quantities())] as const);
      reasons.push({ reason, by: new Map(by.filter(([, quantities]) => quantities.size > 0)), missing });
    } else reasons.push({ reason, withheld: amounts, missing });
  }
  const held = relevantHeld(client, agent, relevant);
  if (held.size > 0) reasons.push({ reason: 'HELD', held, missing });
  const total = agent.total.quantities();
  const lacking = subtractQuantities(size, total);
  if (lacking.size > 0) reasons.push({ reason: 'AGENT_TOO_SMALL', total, missing: lacking });
  if (!isOffer && !free.isEmpty) {
    reasons.push({ reason: 'TOO_SMALL', shortfalls: shortfallsOf(client, agent), missing });
  }
  return reasons.length > 0 ? reasons : [{ reason: 'AGENT_TOO_SMALL', total, missing }];
}

function relevantHeld(
  client: Client,
  agent: AgentState,
  relevant: (quantities: Quantities) => Quantities,
): Map<string, Quantities> {
  const held = new Map<string, Quantities>();
  for (const [{ framework }, resources] of agent.held) {
    const usable = resources.unallocate().filter(kind => withheld(kind, client) === undefined);
    const quantities = relevant(usable.quantities());
    if (quantities.size > 0) held.set(framework.id, addQuantities(held.get(framework.id) ?? noQuantities, quantities));
  }
  return held;
}
