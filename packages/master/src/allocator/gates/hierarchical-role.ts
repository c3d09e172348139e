import type { AgentGate } from './gate.ts';

export const hierarchicalRole: AgentGate = {
  reason: 'agent-not-hierarchical',
  concerns: ({ role }) => role.isHierarchical,
  blocks: (_, agent) => !agent.capabilities.has('HIERARCHICAL_ROLE'),
};
