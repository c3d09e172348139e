import type { AgentGate } from './gate.ts';

export const multiRole: AgentGate = {
  reason: 'agent-not-multi-role',
  concerns: ({ framework }) => framework.capabilities.has('MULTI_ROLE'),
  blocks: (_, agent) => !agent.capabilities.has('MULTI_ROLE'),
};
