export type { AgentContext, Messages } from './context.ts';
export { type AgentFlags, agentFlags, agentRules } from './flags.ts';
export { type AgentOptions, type RunningAgent, startAgent } from './main.ts';
export { RecoveryError } from './recovery/error.ts';
export { MasterAddressError } from './registration/detector.ts';
