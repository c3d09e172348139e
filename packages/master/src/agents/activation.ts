/** Whether an agent is in offers. */
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';

/** Offers an agent's resources again, unless it is disconnected, draining or deactivated. */
export function activateAgent(context: MasterContext, agent: Agent): void {
  if (agent.active || !agent.connected || agent.deactivated) return;
  agent.active = true;
  context.allocation.activateAgent(agent);
  context.cluster.agentChanged(agent);
}

/** Takes an agent out of the allocation, and its offers back. */
export function deactivateAgent(context: MasterContext, agent: Agent): void {
  agent.active = false;
  context.allocation.deactivateAgent(agent);
  rescindOffers(context, agent);
  context.cluster.agentChanged(agent);
}

/** Takes back the offers and inverse offers of an agent. */
export function rescindOffers(context: MasterContext, agent: Agent): void {
  for (const offer of [...agent.offers.values()]) context.offers.rescind(offer);
  for (const offer of [...agent.inverseOffers.values()]) context.offers.rescindInverse(offer);
}
