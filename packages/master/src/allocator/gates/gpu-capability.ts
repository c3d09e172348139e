import type { AgentGate } from './gate.ts';

export const gpuCapability: AgentGate = {
  reason: 'no-gpu-capability',
  concerns: ({ framework }, { filterGpuResources }) =>
    filterGpuResources && !framework.capabilities.has('GPU_RESOURCES'),
  blocks: (_, agent) => agent.hasGpus,
};
