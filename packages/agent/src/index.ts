export { isolationProblem } from '@meseta/containers';
export { agentFlags, agentRules } from './flags.ts';
export { startAgent } from './main.ts';
export type { RunningAgent } from './running-agent.ts';
