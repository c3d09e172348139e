import type { AgentGate } from './gate.ts';

/** Keeps hierarchical roles away from agents that do not support them. */
export const hierarchicalRole: AgentGate = {
  reason: 'AGENT_NOT_HIERARCHICAL',
  concerns: ({ role }) => role.isHierarchical,
  blocks: (_, agent) => !agent.capabilities.has('HIERARCHICAL_ROLE'),
};
