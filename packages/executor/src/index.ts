export { type Environment, readSettings } from './config/configuration.ts';
export type { Settings } from './config/settings.ts';
export { emptyCheckStatus } from './health/check-status.ts';
export type { Clock } from './health/clock.ts';
export type { HealthReport } from './health/health.ts';
export type { ProbeHost } from './health/probes/probes.ts';
export { TaskChecks, type TaskChecksHost } from './health/task-checks.ts';
export { createHooks, type HooksHost } from './hooks/create-hooks.ts';
export { type Hook, HookError, type TaskHooks, type Variables } from './hooks/hook.ts';
export { HookManager, type HookManagerOptions } from './hooks/manager.ts';
export { runExecutor } from './standalone/run.ts';
export type { OwnWords } from './standalone/task-command.ts';
export {
  type CommandTask,
  type CommandTaskEffect,
  type CommandTaskInput,
  type CommandTaskOptions,
  type CommandTaskUpdate,
  defaultGraceMs,
  newCommandTask,
  recoverCommandTask,
  step as stepCommandTask,
  type Timer,
} from './supervision/command-task.ts';
export { type CommandExit, describeSignal, exitMessage } from './supervision/exit-message.ts';
export type { TaskEvent } from './supervision/task-event.ts';
