import type { AgentGate } from './gate.ts';

/** Keeps MULTI_ROLE frameworks away from agents without that capability. */
export const multiRole: AgentGate = {
  reason: 'AGENT_NOT_MULTI_ROLE',
  concerns: ({ framework }) => framework.capabilities.has('MULTI_ROLE'),
  blocks: (_, agent) => !agent.capabilities.has('MULTI_ROLE'),
};
