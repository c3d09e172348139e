import type { AgentGate } from './gate.ts';

export const regionAware: AgentGate = {
  reason: 'not-region-aware',
  concerns: ({ framework }, { region }) => region !== undefined && !framework.capabilities.has('REGION_AWARE'),
  blocks(_, { info }, options) {
    const region = info.domain?.fault_domain?.region.name;
    return region !== undefined && region !== options.region;
  },
};
