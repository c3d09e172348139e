export { createAuthorization } from './authorization.ts';
export type {
  /** @public For modules of users. */
  Hook,
  /** @public */
  TaskStatusDecoration,
} from './hook.ts';
export { HookManager } from './hook-manager.ts';
export { loadModules, ModuleRegistry } from './modules.ts';
export type { QoSController, ResourceEstimator } from './oversubscription/oversubscription.ts';
export type {
  /** @public */
  AllocatableRole,
  AllocationChoice,
  AllocationRequest,
  FreeAgent,
  /** @public */
  ModuleAllocator,
  WaitingFramework,
} from './user/module-allocator.ts';
export type {
  /** @public */
  AuthorizationRequest,
  /** @public */
  ModuleAuthorizer,
} from './user/module-authorizer.ts';
export type {
  /** @public */
  ModuleContender,
  /** @public */
  ModuleDetector,
} from './user/module-election.ts';
export type { AllocatorModule } from './user/user-allocator.ts';
export type {
  /** @public */
  AuthenticationContext,
  /** @public */
  ModuleAuthenticatee,
  /** @public */
  ModuleAuthenticator,
  /** @public */
  ModuleFetcher,
  /** @public */
  ModuleHttpAuthenticator,
  /** @public */
  ModuleIsolator,
  /** @public */
  ModuleParameters,
  /** @public */
  UserModule,
  /** @public */
  UserModules,
} from './user/user-module.ts';
