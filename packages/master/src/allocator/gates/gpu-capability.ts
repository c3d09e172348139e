import type { AgentGate } from './gate.ts';

/** Keeps frameworks without GPU_RESOURCES away from agents with GPUs, with `--filter_gpu_resources`. */
export const gpuCapability: AgentGate = {
  reason: 'no-gpu-capability',
  concerns: ({ framework }, { filterGpuResources }) =>
    filterGpuResources && !framework.capabilities.has('GPU_RESOURCES'),
  blocks: (_, agent) => agent.hasGpus,
};
