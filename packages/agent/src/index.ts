export { isolationProblem } from '@meseta/containers';
export { agentFlags, agentRules } from './flags.ts';
export { type RunningAgent, startAgent } from './main.ts';
