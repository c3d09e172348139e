import type { AgentGate } from './gate.ts';

/** Keeps frameworks without GPU_RESOURCES away from agents with GPUs, with `--filter_gpu_resources`. */
export const gpuCapability: AgentGate = {
  reason: 'NO_GPU_CAPABILITY',
  concerns: ({ framework }, { filterGpuResources }) =>
    filterGpuResources && !framework.capabilities.has('GPU_RESOURCES'),
  blocks: (_, agent) => agent.hasGpus,
};
