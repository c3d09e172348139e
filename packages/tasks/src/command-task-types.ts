/** What goes into the life of a command task, `command-task.ts`, and what comes out of it. */
import type { ExitStatus } from '@meseta/containers/shim';
import type { CheckInfo, CheckStatusInfo, TaskResourceLimitation, TaskState, TaskStatusReason } from '@meseta/protocol';
import type { TaskEvent } from './task-event.ts';

/** What there is to know of a task before it begins. */
export interface CommandTaskOptions {
  /** `TaskInfo.kill_policy`; default 3 s. */
  readonly graceMs?: number;
  /** `TaskInfo.max_completion_time`, from the moment it runs. */
  readonly maxCompletionMs?: number;
  /** The framework knows TASK_KILLING. */
  readonly reportsKilling: boolean;
  /** `TaskInfo.check`: every status tells of it. */
  readonly check?: CheckInfo;
  /** The task has a health check. */
  readonly healthCheck?: boolean;
  /** The state of a task that was ended for its health; default TASK_KILLED, as in Mesos. */
  readonly unhealthyState?: 'TASK_KILLED' | 'TASK_FAILED';
  /** Hooks are fired, see `fire-hooks`; the task begins with the input `begin`. */
  readonly hooks?: boolean;
}

/** Where a task is in its life. */
export interface CommandTask {
  readonly phase: 'preparing' | 'launching' | 'running' | 'killing' | 'ending' | 'ended';
  readonly options: CommandTaskOptions;
  /** What it will have ended as, when it is being ended; the first reason stays. */
  readonly verdict?: Verdict;
  /** When SIGKILL is due; undefined before SIGTERM and after SIGKILL. */
  readonly escalateAtMs?: number;
  /** The grace of a kill that waits for the launch to end, or for BeforeTerminate hooks. */
  readonly killGraceMs?: number;
  /** TASK_RUNNING was told. */
  readonly announced?: boolean;
  /** Last one told. */
  readonly healthy?: boolean;
  readonly checkStatus?: CheckStatusInfo;
  /** Hooks of this event are running. */
  readonly firing?: TaskEvent;
  readonly healthyFired?: boolean;
  readonly terminateFired?: boolean;
  /** The terminal update, while BeforeTerminate hooks run. */
  readonly outcome?: CommandTaskUpdate;
}

/** How a task ends that does not end by itself, as plain JSON. Without a message: that of the exit. */
export interface Verdict {
  readonly state: 'TASK_KILLED' | 'TASK_FAILED';
  readonly message?: string;
  readonly reason?: TaskStatusReason;
  readonly healthy?: false;
}

/** What an agent that starts anew has to know of a task that is being ended, as plain JSON. */
export interface KillRecord {
  readonly verdict: Verdict;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** When SIGKILL is due; undefined before SIGTERM. */
  readonly escalateAtMs?: number;
  /** SIGTERM was sent: some programs take a second one for a wish to end at once. Set by the host. */
  readonly signalled?: boolean;
}

/** What happened to a task. `nowMs` is any clock that does not stand still while the agent is away. */
export type CommandTaskInput =
  /** Only with hooks, once. */
  | { readonly type: 'begin' }
  | { readonly type: 'launched' }
  /** Nothing ran. `exec`: the program could not be executed, which Mesos shows as a command that exits with status 1. */
  | {
      readonly type: 'launch-failed';
      readonly cause: 'exec' | 'destroyed' | 'other';
      readonly message: string;
      /** The limit for which the container was destroyed. */
      readonly limit?: Limit;
    }
  | { readonly type: 'exited'; readonly exit: ExitStatus }
  /** There is no such container any more. */
  | { readonly type: 'lost'; readonly message: string }
  /** In place of `exited`: the container was destroyed, because it ran into a limit. */
  | { readonly type: 'limited'; readonly message: string; readonly limit: Limit }
  /** @param graceMs of the call, before the task's own. */
  | { readonly type: 'kill'; readonly nowMs: number; readonly graceMs?: number }
  | { readonly type: 'certificate-expired'; readonly nowMs: number }
  /** What a health check makes known, see `HealthReport`. */
  | {
      readonly type: 'health';
      readonly healthy: boolean;
      readonly kill: boolean;
      readonly nowMs: number;
      readonly message?: string;
    }
  /** A check's result that differs from the one before. */
  | { readonly type: 'check'; readonly status: CheckStatusInfo }
  /** The hooks of an event have run; `error` is the first that failed. */
  | { readonly type: 'hooks-done'; readonly event: TaskEvent; readonly nowMs: number; readonly error?: string }
  | { readonly type: 'escalate' }
  | { readonly type: 'max-completion-reached'; readonly nowMs: number };

/** What a container ran into. */
export interface Limit {
  readonly reason?: TaskStatusReason;
  readonly limitation?: TaskResourceLimitation;
}

/** By the input that it becomes. */
export type Timer = 'escalate' | 'max-completion-reached';

/** What is to be done for a task. */
export type CommandTaskEffect =
  | { readonly type: 'update'; readonly update: CommandTaskUpdate }
  /** To every process of the container; signals are sent in the order given. */
  | { readonly type: 'signal'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Gives the timer's name back as an input; replaces a timer of that name. */
  | { readonly type: 'set-timer'; readonly timer: Timer; readonly delayMs: number }
  | { readonly type: 'clear-timers' }
  /**
   * Remember that it is being ended, as what and until when, should the agent end before the task does. Made again when
   * the time changes.
   */
  | { readonly type: 'checkpoint-kill'; readonly record: KillRecord }
  /** End a container that is being launched, or have it killed when it is launched. */
  | { readonly type: 'destroy' }
  /** Only with hooks; without, the host launches by itself. */
  | { readonly type: 'launch' }
  /** Health check and check of the task; only where it has one. */
  | { readonly type: 'start-checks' }
  | { readonly type: 'stop-checks' }
  /** Answered by `hooks-done`; BeforeTerminate's errors do not matter. */
  | { readonly type: 'fire-hooks'; readonly event: TaskEvent }
  /** Cut short the hooks that run: their `hooks-done` is not waited for. */
  | { readonly type: 'cancel-hooks' };

/** A status of a task. */
export interface CommandTaskUpdate {
  readonly state: TaskState;
  readonly message?: string;
  readonly reason?: TaskStatusReason;
  readonly healthy?: boolean;
  readonly check_status?: CheckStatusInfo;
  readonly limitation?: TaskResourceLimitation;
  /** The agent says so, not the (imagined) executor. */
  readonly fromAgent?: true;
}

/** A task, and what is to be done for it. */
export type Step = [CommandTask, CommandTaskEffect[]];
