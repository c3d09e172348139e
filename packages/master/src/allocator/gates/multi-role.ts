import type { AgentGate } from './gate.ts';

/** Keeps MULTI_ROLE frameworks away from agents without that capability. */
export const multiRole: AgentGate = {
  reason: 'agent-not-multi-role',
  concerns: ({ framework }) => framework.capabilities.has('MULTI_ROLE'),
  blocks: (_, agent) => !agent.capabilities.has('MULTI_ROLE'),
};
