/** Supervision of a task, as the agent and the stand-alone executor do it: what happens, without how it is done. */

export { defaultGraceMs, newCommandTask, step as stepCommandTask } from './command-task.ts';
export type {
  CommandTask,
  CommandTaskEffect,
  CommandTaskInput,
  CommandTaskOptions,
  CommandTaskUpdate,
  KillRecord,
  Timer,
  Verdict,
} from './command-task-types.ts';
export { describeExit, exitMessage } from './exit-message.ts';
export { emptyCheckStatus } from './health/check-status.ts';
export type { Clock } from './health/clock.ts';
export type { HealthReport } from './health/health.ts';
export type { ProbeHost } from './health/probes/probes.ts';
export { TaskChecks, type TaskChecksHost } from './health/task-checks.ts';
export {
  type Hook,
  HookError,
  type HookedTask,
  type HookMemory,
  LocalMemory,
  type TaskHooks,
  type Variables,
} from './hooks/hook.ts';
export { HookFiring, type HookFiringHost } from './hooks/hook-firing.ts';
export { HookManager, type HookManagerOptions } from './hooks/manager.ts';
export { type KnownCommandTask, recoverCommandTask, recoverLostCommandTask } from './recover-command-task.ts';
export type { TaskEvent } from './task-event.ts';
