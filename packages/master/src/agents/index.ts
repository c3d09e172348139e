export { rescindOffers } from './activation.ts';
export { deactivateAgentByOperator, drainAgent, reactivateAgent } from './drain.ts';
export { byKey, isMachineDown, keyOfAgent, machineKey, takeUnavailability } from './machines.ts';
export { markAgentGone } from './mark-gone.ts';
export { type AgentOutcome, changeRefusal, drainRefusal, markGoneRefusal, reactivateRefusal } from './refusals.ts';
export { removeAgent, shutDownAgent } from './remove.ts';
