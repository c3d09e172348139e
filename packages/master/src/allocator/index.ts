export { AllocationLoop } from './allocation-loop.ts';
export { Allocator } from './allocator.ts';
export { OfferConstraints } from './constraints/index.ts';
export type { Explain } from './explain.ts';
export type { FrameworkDescription } from './framework-state.ts';
export type { InverseGrant, Unavailability } from './inverse-offers.ts';
export { quotaOf } from './quota.ts';
export type { GateReason, Refusal, StateReason } from './refusal.ts';
export type { Grant } from './run.ts';
