/** The inputs and effects of the state machine of command tasks, `command-task.ts`. */
import type { ExitStatus } from '@meseta/containers/shim';
import type { CheckInfo, CheckStatusInfo, TaskResourceLimitation, TaskState, TaskStatusReason } from '@meseta/protocol';
import type { CheckHistory } from './health/check-history.ts';
import type { TaskEvent } from './task-event.ts';

/** What the state machine has to know of a task before it starts. */
export interface CommandTaskOptions {
  /** `TaskInfo.kill_policy`, or what its host takes for that; default 3 s. */
  readonly graceMs?: number;
  /** `TaskInfo.max_completion_time`, counted from when the task runs. */
  readonly maxCompletionMs?: number;
  /** The framework has the capability TASK_KILLING_STATE. */
  readonly reportsKilling: boolean;
  /** `TaskInfo.check`: every status has the check's status. */
  readonly check?: CheckInfo;
  /** The task has a health check. */
  readonly healthCheck?: boolean;
  /** The final state of a task that was killed because it is unhealthy; default TASK_KILLED, as in Mesos. */
  readonly unhealthyState?: 'TASK_KILLED' | 'TASK_FAILED';
  /**
   * The task is one of a group, in a container that is nested in its executor's. As in Mesos's default executor, it is
   * TASK_STARTING before it is launched, and what is known of its end is said by the executor.
   */
  readonly inGroup?: boolean;
  /** The task has lifecycle hooks, see `fire-hooks`; it starts with the input `begin`. */
  readonly hooks?: boolean;
}

/** The state of a task. */
export interface CommandTask {
  readonly phase: 'preparing' | 'launching' | 'running' | 'killing' | 'ending' | 'ended';
  readonly options: CommandTaskOptions;
  /** The final status of a task that is being ended. The first reason is kept. */
  readonly verdict?: Verdict;
  /** The time of SIGKILL, of the clock of `nowMs`; undefined before SIGTERM and after SIGKILL. */
  readonly escalateAtMs?: number;
  /** The grace period of a kill that waits for the launch, or for BeforeTerminate hooks. */
  readonly killGraceMs?: number;
  /** TASK_RUNNING was sent. */
  readonly announced?: boolean;
  /** The last health that was sent. */
  readonly healthy?: boolean;
  readonly checkStatus?: CheckStatusInfo;
  /** Hooks of this event are running. */
  readonly firing?: TaskEvent;
  readonly healthyFired?: boolean;
  readonly terminateFired?: boolean;
  /** The terminal update, while BeforeTerminate hooks run. */
  readonly outcome?: CommandTaskUpdate;
}

/**
 * The final status of a task that is ended before its command ends, as plain JSON. Without a message, it gets the
 * message of the exit.
 */
export interface Verdict {
  readonly state: 'TASK_KILLED' | 'TASK_FAILED';
  readonly message?: string;
  readonly reason?: TaskStatusReason;
  readonly healthy?: false;
}

/** How a task is being ended. */
export interface KillPlan {
  readonly verdict: Verdict;
  /** The time from SIGTERM to SIGKILL, in milliseconds. */
  readonly graceMs: number;
  /** Milliseconds until SIGKILL; undefined before SIGTERM. */
  readonly escalateInMs?: number;
}

/** What a restarted agent has to know of a task that is being ended, as plain JSON. */
export interface KillRecord extends Pick<KillPlan, 'verdict' | 'graceMs'> {
  /** The time of SIGKILL, milliseconds since the epoch: another process has another steady clock. Undefined before SIGTERM. */
  readonly escalateAtMs?: number;
  /** SIGTERM was sent and must not be repeated: some programs end at once at the second. Set by the host. */
  readonly signalled?: boolean;
}

/** A moment by both clocks. */
export interface Moment {
  /** What time it is, milliseconds since the epoch. */
  readonly timeMs: number;
  /** Milliseconds of a clock that is never set. */
  readonly nowMs: number;
}

/** An event of a task. `nowMs` is from a clock that is never set. */
export type CommandTaskInput =
  /** The first input of a task that has hooks or is in a group. */
  | { readonly type: 'begin' }
  | { readonly type: 'launched' }
  /**
   * The launch failed. `exec`: the program could not be executed, which Mesos shows as a command that exits with status
   * 1.
   */
  | {
      readonly type: 'launch-failed';
      readonly cause: 'exec' | 'destroyed' | 'other';
      readonly message: string;
      /** The limit for which the container was destroyed. */
      readonly limit?: Limit;
    }
  /** @param message in place of what `exit` says. */
  | { readonly type: 'exited'; readonly exit: ExitStatus; readonly message?: string }
  /** The container does not exist any more. */
  | { readonly type: 'lost'; readonly message: string }
  /**
   * The container was destroyed because it reached a limit. Replaces `exited`.
   *
   * @param exit set when it is the task's own limit in a container that is nested in its executor's.
   */
  | { readonly type: 'limited'; readonly message: string; readonly limit: Limit; readonly exit?: ExitStatus }
  /**
   * The agent has destroyed the container, for a reason of its own. Replaces `exited` and `launch-failed`, and is the
   * end of a task that has no container yet.
   */
  | {
      readonly type: 'destroyed';
      readonly state: TaskState;
      readonly reason: TaskStatusReason;
      readonly message: string;
    }
  /** A request to kill the task. @param graceMs from the call; takes precedence over the task's own. */
  | { readonly type: 'kill'; readonly nowMs: number; readonly graceMs?: number }
  | { readonly type: 'certificate-expired'; readonly nowMs: number }
  /** A change of the task's health, see `HealthReport`. */
  | {
      readonly type: 'health';
      readonly healthy: boolean;
      readonly kill: boolean;
      readonly nowMs: number;
      readonly message?: string;
    }
  /** A result of the check that differs from the one before. */
  | { readonly type: 'check'; readonly status: CheckStatusInfo }
  /** The hooks of an event have run; `error` is the first that failed. */
  | { readonly type: 'hooks-done'; readonly event: TaskEvent; readonly nowMs: number; readonly error?: string }
  | { readonly type: 'escalate' }
  | { readonly type: 'max-completion-reached'; readonly nowMs: number };

/** A limit that a container reached. */
export interface Limit {
  readonly reason?: TaskStatusReason;
  readonly limitation?: TaskResourceLimitation;
}

/** A timer. It expires with an input of the same name. */
export type Timer = 'escalate' | 'max-completion-reached';

/** An action that the host has to perform for a task. */
export type CommandTaskEffect =
  | { readonly type: 'update'; readonly update: CommandTaskUpdate }
  /** Sends a signal to every process of the container. Signals are sent in this order. */
  | { readonly type: 'signal'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Sets a timer, which replaces a timer of the same name. */
  | { readonly type: 'set-timer'; readonly timer: Timer; readonly delayMs: number }
  | { readonly type: 'clear-timers' }
  /**
   * Stores that the task is being ended, for the case that the agent ends before the task. Repeated when the time of
   * SIGKILL changes.
   */
  | { readonly type: 'checkpoint-kill'; readonly plan: KillPlan }
  /** Destroys a container that is being launched, or as soon as it is launched. */
  | { readonly type: 'destroy' }
  /** Launches the task. Only after `begin`; without it, the host launches by itself. */
  | { readonly type: 'launch' }
  /** Starts the health check and the check of the task, if it has any. @param history when an earlier agent made them. */
  | { readonly type: 'start-checks'; readonly history?: CheckHistory }
  | { readonly type: 'stop-checks' }
  /** Runs the hooks of an event; the input `hooks-done` follows. Errors of BeforeTerminate do not matter. */
  | { readonly type: 'fire-hooks'; readonly event: TaskEvent }
  /** Aborts the running hooks; their `hooks-done` is not awaited. */
  | { readonly type: 'cancel-hooks' };

/** A status update of a task. */
export interface CommandTaskUpdate {
  readonly state: TaskState;
  readonly message?: string;
  readonly reason?: TaskStatusReason;
  readonly healthy?: boolean;
  readonly check_status?: CheckStatusInfo;
  readonly limitation?: TaskResourceLimitation;
  /** The source of the status is the agent, not the executor. */
  readonly fromAgent?: true;
}

/** The new state of a task, and the actions to perform, in order. */
export type Step = [CommandTask, CommandTaskEffect[]];
