/**
 * Supervises tasks, for the agent and the stand-alone executor: decides what is to be done, and leaves it to them to do
 * it.
 */

export { defaultGraceMs, newCommandTask, step as stepCommandTask } from './command-task.ts';
export type {
  CommandTask,
  CommandTaskEffect,
  CommandTaskInput,
  CommandTaskOptions,
  CommandTaskUpdate,
  KillPlan,
  KillRecord,
  Timer,
  Verdict,
} from './command-task-types.ts';
export { describeExit } from './exit-message.ts';
export { type CheckHistory, checkHistory } from './health/check-history.ts';
export { CheckPacer } from './health/check-pacer.ts';
export { TaskChecks, type TaskChecksHost } from './health/task-checks.ts';
export {
  type Hook,
  type HookedTask,
  type HookMemory,
  LocalMemory,
  type TaskHooks,
  type Variables,
} from './hooks/hook.ts';
export { HookFiring } from './hooks/hook-firing.ts';
export { HookManager } from './hooks/manager.ts';
export { type KnownCommandTask, recoverCommandTask, recoverLostCommandTask } from './recover-command-task.ts';
export type { TaskEvent } from './task-event.ts';
