import type { AgentId, FrameworkId } from '@meseta/protocol';
import { addQuantities, noQuantities, type Quantities, subtractQuantities } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import { type Circumstances, judgeOf } from './circumstances.ts';
import type { FrameworkState } from './framework-state.ts';
import { agentGates, candidateGates, clientGates, notSubscribed } from './gates/index.ts';
import type { Judge, Stop } from './judge.ts';
import type { Refusal } from './refusal.ts';
import type { Client } from './role-state.ts';

/**
 * Tells why nothing of an agent is offered to a framework for a role. Empty when the next run offers it, unless another
 * framework gets it first.
 */
export type Explain = (frameworkId: FrameworkId, role: string, agentId: AgentId) => Refusal[];

/**
 * Returns a function that tells why a run gives a framework no offer of an agent, by the same rules as a run. All its
 * answers assume the quotas' state at its first question about them: adding up the cluster for each would take long.
 */
export function explainer(circumstances: Circumstances): Explain {
  const { frameworks, agents } = circumstances;
  const judge = judgeOf(circumstances);
  return (frameworkId, role, agentId) => {
    const agent = agents.get(agentId);
    const framework = frameworks.get(frameworkId);
    if (!agent) return [{ reason: 'AGENT_INACTIVE' }];
    if (!framework) return [{ reason: 'NOT_SUBSCRIBED', roles: [] }];
    return refusalsOf(framework, role, agent, circumstances, judge);
  };
}

/** Returns all refusals. Those that have to do with resources are looked for only when there is no other. */
function refusalsOf(
  framework: FrameworkState,
  role: string,
  agent: AgentState,
  circumstances: Circumstances,
  judge: () => Judge,
): Refusal[] {
  const { options, whitelist } = circumstances;
  const client = framework.clients.get(role);
  if (!client || notSubscribed.blocks(client)) return [{ reason: 'NOT_SUBSCRIBED', roles: rolesOf(framework) }];
  const refusals: Refusal[] = [
    ...clientGates.filter(gate => gate.blocks(client)),
    ...candidateGates.filter(gate => gate.blocks(agent, whitelist)),
    ...agentGates.filter(gate => gate.concerns(client, options) && gate.blocks(client, agent, options)),
  ].map(({ reason }) => ({ reason }) as Refusal);
  if (refusals.length > 0) return refusals;
  const verdict = judge().verdict(client, agent, agent.offerableTo(client), 'either', []);
  return verdict.stop === undefined ? [] : [refusalOf(verdict, client, agent, circumstances)];
}

/** Returns the roles that a framework is in. */
export function rolesOf(framework: FrameworkState): string[] {
  return [...framework.clients.values()].filter(each => each.subscribed).map(each => each.role.name);
}

function refusalOf(stop: Stop, client: Client, agent: AgentState, { quotas, moment }: Circumstances): Refusal {
  switch (stop.stop) {
    case 'NOTHING_AVAILABLE':
      return { reason: stop.stop, held: heldOf(agent), withheld: agent.available.quantities() };
    case 'TOO_SMALL':
      return { reason: stop.stop, shortfalls: shortfallsOf(client, agent) };
    case 'QUOTA': {
      const role = client.role.top;
      const limits = quotas.get(role)?.limits ?? noQuantities;
      return { reason: stop.stop, role, limits, consumed: quotas.consumed(role) };
    }
    case 'FILTERED':
      return { reason: stop.stop, leftMs: Math.max(0, stop.until.atMs - moment().nowMs) };
    default:
      return { reason: stop.stop };
  }
}

/** Returns what is free beside the least that an offer must have, for each alternative. */
export function shortfallsOf(client: Client, agent: AgentState) {
  const free = agent.offerableTo(client).quantities();
  return client.minimum.map(minimum => ({ minimum, missing: subtractQuantities(minimum, free) }));
}

function heldOf(agent: AgentState): Map<string, Quantities> {
  const held = new Map<string, Quantities>();
  for (const [{ framework }, resources] of agent.held) {
    held.set(framework.id, addQuantities(held.get(framework.id) ?? noQuantities, resources.quantities()));
  }
  return held;
}
