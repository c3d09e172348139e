export { disconnectAgent } from './connect.ts';
export { deactivateAgentByOperator, drainAgent, reactivateAgent } from './drain.ts';
export { removeExecutor } from './executors.ts';
export { ipOf, isMachineDown, unavailabilityOf } from './machines.ts';
export { type AgentOutcome, markAgentGone } from './mark-gone.ts';
export { removeAgent, shutDownAgent } from './remove.ts';
