export { deactivateAgentByOperator, drainAgent, reactivateAgent } from './drain.ts';
export { ipOf, isMachineDown } from './machines.ts';
export { type AgentOutcome, markAgentGone } from './mark-gone.ts';
export { removeAgent, shutDownAgent } from './remove.ts';
