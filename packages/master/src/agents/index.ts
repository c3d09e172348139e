export { rescindOffers } from './activation.ts';
export { deactivateAgentByOperator, drainAgent, reactivateAgent } from './drain.ts';
export { byKey, isMachineDown, keyOfAgent, machineKey, takeUnavailability } from './machines.ts';
export { type AgentOutcome, markAgentGone } from './mark-gone.ts';
export { removeAgent, shutDownAgent } from './remove.ts';
