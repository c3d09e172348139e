/**
 * The life of one command task, as a pure state machine: what Mesos's command executor does in a process of its own.
 *
 * ```text
 *             launched               kill, timeout              exited
 * launching ───────────▶ running ─────────────────▶ killing ───────────▶ ended
 *     │ launch-failed       └──────────── exited ───────────────────────▶  ▲
 *     └────────────────────────────────────────────────────────────────────┘
 * ```
 *
 * A kill while launching destroys the container; what comes back is `launch-failed`, or `launched` when it was too
 * late, and then the kill goes its usual way.
 *
 * @see Mesos src/launcher/executor.cpp
 */
import type { TaskState, TaskStatusReason } from '@meseta/protocol';
import { type CommandExit, exitMessage } from './exit-message.ts';

/** Grace between SIGTERM and SIGKILL where neither the task nor the kill says one. */
export const defaultGraceMs = 3000;

export interface CommandTaskOptions {
  /** `TaskInfo.kill_policy`; default 3 s. */
  readonly graceMs?: number;
  /** `TaskInfo.max_completion_time`, from the moment it runs. */
  readonly maxCompletionMs?: number;
  /** The framework knows TASK_KILLING. */
  readonly reportsKilling: boolean;
}

export interface CommandTask {
  readonly phase: 'launching' | 'running' | 'killing' | 'ended';
  readonly options: CommandTaskOptions;
  /** Why it is being ended; the first reason stays. */
  readonly cause?: 'kill' | 'max-completion';
  /** When SIGKILL is due; undefined before a kill and after SIGKILL. */
  readonly escalateAtMs?: number;
  /** The grace of a kill that waits for the launch to end. */
  readonly killGraceMs?: number;
}

/** `nowMs` is any clock that does not stand still while the agent is away. */
export type CommandTaskInput =
  | { readonly type: 'launched' }
  /** Nothing ran. `exec`: the program could not be executed, which Mesos shows as a command that exits with status 1. */
  | { readonly type: 'launch-failed'; readonly cause: 'exec' | 'destroyed' | 'other'; readonly message: string }
  | { readonly type: 'exited'; readonly exit: CommandExit }
  /** @param graceMs of the call, before the task's own. */
  | { readonly type: 'kill'; readonly nowMs: number; readonly graceMs?: number }
  | { readonly type: 'escalate' }
  | { readonly type: 'max-completion-reached' };

export type Timer = 'escalate' | 'max-completion-reached';

export type CommandTaskEffect =
  | { readonly type: 'update'; readonly update: CommandTaskUpdate }
  /** To every process of the container; signals are sent in the order given. */
  | { readonly type: 'signal'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Gives the timer's name back as an input; replaces a timer of that name. */
  | { readonly type: 'set-timer'; readonly timer: Timer; readonly delayMs: number }
  | { readonly type: 'clear-timers' }
  /** Remember the kill, should the agent end before the task does. */
  | { readonly type: 'checkpoint-kill' }
  /** End a container that is being launched. */
  | { readonly type: 'destroy' };

export interface CommandTaskUpdate {
  readonly state: TaskState;
  readonly message?: string;
  readonly reason?: TaskStatusReason;
  /** The agent says so, not the (imagined) executor. */
  readonly fromAgent?: true;
}

type Step = [CommandTask, CommandTaskEffect[]];

/** A task whose container is about to be launched. */
export function newCommandTask(options: CommandTaskOptions): CommandTask {
  return { phase: 'launching', options };
}

/**
 * A task that an earlier agent launched. Its timers start again: with the time left to run, with the whole grace.
 *
 * @param known.running since when it runs; undefined: its TASK_RUNNING was never made.
 * @param known.killed a kill was under way.
 */
export function recoverCommandTask(
  options: CommandTaskOptions,
  known: { readonly running: number | undefined; readonly killed: boolean; readonly nowMs: number },
): Step {
  const { maxCompletionMs } = options;
  const [launched, effects] = step({ phase: 'launching', options }, { type: 'launched' });
  const needed = effects.filter(({ type }) => type === 'update' && known.running === undefined);
  if (maxCompletionMs !== undefined) {
    const ranMs = known.running === undefined ? 0 : known.nowMs - known.running;
    needed.push({ type: 'set-timer', timer: 'max-completion-reached', delayMs: Math.max(0, maxCompletionMs - ranMs) });
  }
  if (!known.killed) return [launched, needed];
  const [killing, killEffects] = step(launched, { type: 'kill', nowMs: known.nowMs });
  return [killing, [...needed, ...killEffects.filter(({ type }) => type !== 'update')]];
}

/** What an input makes of a task, and what is to be done, in this order. Inputs that come too late do nothing. */
export function step(task: CommandTask, input: CommandTaskInput): Step {
  if (task.phase === 'ended') return [task, []];
  switch (input.type) {
    case 'launched':
      return launched(task);
    case 'launch-failed':
      return launchFailed(task, input.cause, input.message);
    case 'exited':
      return exited(task, input.exit);
    case 'kill':
      return kill(task, input.nowMs, input.graceMs ?? task.options.graceMs ?? defaultGraceMs);
    case 'escalate':
      if (task.phase !== 'killing') return [task, []];
      return [without(task, 'escalateAtMs'), [{ type: 'signal', signal: 'SIGKILL' }]];
    case 'max-completion-reached':
      return maxCompletionReached(task);
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

function launched(task: CommandTask): Step {
  if (task.phase !== 'launching') return [task, []];
  const effects: CommandTaskEffect[] = [update('TASK_STARTING'), update('TASK_RUNNING')];
  const { maxCompletionMs: delayMs } = task.options;
  if (delayMs !== undefined) effects.push({ type: 'set-timer', timer: 'max-completion-reached', delayMs });
  return [{ ...task, phase: 'running' }, effects];
}

function launchFailed(task: CommandTask, cause: 'exec' | 'destroyed' | 'other', message: string): Step {
  const ended: CommandTask = { ...task, phase: 'ended' };
  if (task.phase !== 'launching') return [task, []];
  if (task.killGraceMs !== undefined || cause === 'destroyed') {
    const reason = 'REASON_TASK_KILLED_DURING_LAUNCH';
    return [
      ended,
      [agentUpdate('TASK_KILLED', reason, 'A kill task request was received before the task was launched')],
    ];
  }
  if (cause === 'exec') {
    const exit = { kind: 'exited', code: 1 } as const;
    return [ended, [update('TASK_STARTING'), update('TASK_RUNNING'), update('TASK_FAILED', exitMessage(exit))]];
  }
  return [ended, [agentUpdate('TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', message)]];
}

function exited(task: CommandTask, exit: CommandExit): Step {
  const ended: CommandTask = { ...task, phase: 'ended' };
  const message = exitMessage(exit);
  const clear: CommandTaskEffect = { type: 'clear-timers' };
  if (exit.kind === 'not-started')
    return [ended, [clear, agentUpdate('TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', message)]];
  if (task.cause === 'max-completion') {
    return [ended, [clear, update('TASK_FAILED', message, 'REASON_MAX_COMPLETION_TIME_REACHED')]];
  }
  if (task.cause === 'kill') return [ended, [clear, update('TASK_KILLED', message)]]; // also when it exits with 0
  const finished = exit.kind === 'exited' && exit.code === 0;
  return [ended, [clear, update(finished ? 'TASK_FINISHED' : 'TASK_FAILED', message)]];
}

function kill(task: CommandTask, nowMs: number, graceMs: number): Step {
  if (task.phase === 'launching') {
    const first = task.killGraceMs === undefined;
    return [
      { ...task, killGraceMs: Math.min(graceMs, task.killGraceMs ?? graceMs) },
      first ? [{ type: 'destroy' }] : [],
    ];
  }
  const escalateAtMs = nowMs + graceMs;
  if (task.phase === 'killing') {
    if (task.escalateAtMs === undefined || escalateAtMs >= task.escalateAtMs) return [task, []]; // may only shorten
    return [{ ...task, escalateAtMs }, [{ type: 'set-timer', timer: 'escalate', delayMs: graceMs }]];
  }
  const killing: CommandTask = { ...task, phase: 'killing', cause: 'kill', escalateAtMs };
  const effects: CommandTaskEffect[] = task.options.reportsKilling ? [update('TASK_KILLING')] : [];
  effects.push({ type: 'checkpoint-kill' }, { type: 'signal', signal: 'SIGTERM' });
  effects.push({ type: 'set-timer', timer: 'escalate', delayMs: graceMs });
  return [killing, effects];
}

function maxCompletionReached(task: CommandTask): Step {
  if (task.phase !== 'running') return [task, []];
  const signals: CommandTaskEffect[] = [
    { type: 'signal', signal: 'SIGTERM' },
    { type: 'signal', signal: 'SIGKILL' },
  ];
  return [{ ...task, phase: 'killing', cause: 'max-completion' }, signals];
}

function update(state: TaskState, message?: string, reason?: TaskStatusReason): CommandTaskEffect {
  return { type: 'update', update: { state, ...(message !== undefined && { message }), ...(reason && { reason }) } };
}

function agentUpdate(state: TaskState, reason: TaskStatusReason, message: string): CommandTaskEffect {
  return { type: 'update', update: { state, reason, message, fromAgent: true } };
}

function without(task: CommandTask, key: 'escalateAtMs'): CommandTask {
  const { [key]: _, ...rest } = task;
  return rest;
}
