import type { AgentGate } from './gate.ts';

/** Keeps a framework away from agents that its offer constraints exclude. */
export const offerConstraints: AgentGate = {
  reason: 'OFFER_CONSTRAINTS',
  concerns: ({ framework, role }) => framework.constraints?.has(role.name) ?? false,
  blocks: ({ framework, role }, agent) => framework.constraints?.excludes(role.name, agent.info) ?? false,
};
