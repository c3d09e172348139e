export { AllocationLoop } from './allocation-loop.ts';
export { Allocator, type AllocatorOptions } from './allocator.ts';
export { OfferConstraints } from './constraints/index.ts';
export type { FrameworkDescription } from './framework-state.ts';
export type { InverseGrant, Unavailability } from './inverse-offers.ts';
export { quotaOf } from './quota.ts';
export type { Refusal } from './refusal.ts';
export type { Grant } from './run.ts';
