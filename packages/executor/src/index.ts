export { type Environment, hookEnvironment, readSettings } from './config/configuration.ts';
export { type HookConfiguration, readHookConfiguration } from './config/hook-settings.ts';
export type { Settings } from './config/settings.ts';
export { emptyCheckStatus } from './health/check-status.ts';
export type { Clock } from './health/clock.ts';
export type { HealthReport } from './health/health.ts';
export type { ProbeHost } from './health/probes/probes.ts';
export { TaskChecks, type TaskChecksHost } from './health/task-checks.ts';
export { createHooks, type HooksHost } from './hooks/create-hooks.ts';
export {
  type Hook,
  HookError,
  type HookedTask,
  type HookMemory,
  type TaskHooks,
  type Variables,
} from './hooks/hook.ts';
export { HookFiring, type HookFiringHost } from './hooks/hook-firing.ts';
export { HookManager, type HookManagerOptions } from './hooks/manager.ts';
export { runExecutor } from './standalone/run.ts';
export type { OwnWords } from './standalone/task-command.ts';
export { defaultGraceMs, newCommandTask, step as stepCommandTask } from './supervision/command-task.ts';
export type {
  CommandTask,
  CommandTaskEffect,
  CommandTaskInput,
  CommandTaskOptions,
  CommandTaskUpdate,
  KillRecord,
  Timer,
  Verdict,
} from './supervision/command-task-types.ts';
export { exitMessage } from './supervision/exit-message.ts';
export {
  type KnownCommandTask,
  recoverCommandTask,
  recoverLostCommandTask,
} from './supervision/recover-command-task.ts';
export type { TaskEvent } from './supervision/task-event.ts';
