import type { AgentGate } from './gate.ts';

/** Keeps hierarchical roles away from agents that do not support them. */
export const hierarchicalRole: AgentGate = {
  reason: 'agent-not-hierarchical',
  concerns: ({ role }) => role.isHierarchical,
  blocks: (_, agent) => !agent.capabilities.has('HIERARCHICAL_ROLE'),
};
