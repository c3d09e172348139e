/**
 * The SDK for frameworks. It is apart from the clients of the command line, which starts faster without it. Frameworks
 * are elsewhere: `@public` says that an export is for them.
 */
export type {
  /** @public */
  Amounts,
} from '@meseta/resources';
export {
  /** @public */
  type Credential,
  /** @public */
  readCredential,
} from './credential.ts';
export type {
  /** @public */
  KillOptions,
} from './scheduler/calls.ts';
export type {
  /** @public */
  ConnectionPolicy,
} from './scheduler/connection-state.ts';
export {
  SchedulerError,
  /** @public */
  type SchedulerErrorCode,
} from './scheduler/errors.ts';
export {
  /** @public */
  type FrameworkStore,
  fileStore,
  /** @public */
  memoryStore,
} from './scheduler/framework-store.ts';
export type {
  /** @public */
  Disconnected,
  /** @public */
  SchedulerHandlers,
  /** @public */
  Subscribed,
} from './scheduler/handlers.ts';
export type {
  /** @public */
  Masters,
} from './scheduler/masters.ts';
export { OfferRoom } from './scheduler/offer-room.ts';
export { type CallOutcome, Scheduler } from './scheduler/scheduler.ts';
export type {
  /** @public */
  SchedulerOptions,
} from './scheduler/scheduler-options.ts';
export type {
  /** @public */
  CredentialSource,
} from './scheduler/subscription.ts';
export { isOver, isUnconfirmedEnd } from './scheduler/task-end.ts';
export type { KnownTask } from './scheduler/task-ledger.ts';
