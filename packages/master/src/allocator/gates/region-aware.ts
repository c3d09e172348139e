import type { AgentGate } from './gate.ts';

/** Keeps frameworks without REGION_AWARE away from agents in other regions than the master's. */
export const regionAware: AgentGate = {
  reason: 'NOT_REGION_AWARE',
  concerns: ({ framework }, { region }) => region !== undefined && !framework.capabilities.has('REGION_AWARE'),
  blocks(_, { info }, options) {
    const region = info.domain?.fault_domain?.region.name;
    return region !== undefined && region !== options.region;
  },
};
