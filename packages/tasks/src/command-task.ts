/**
 * Supervises one command task, as a pure state machine. In Mesos, the command executor does this in its own process.
 *
 * ```text
 *  begin (with hooks)    launched               kill, timeout              exited
 * preparing ─▶ launching ───────────▶ running ─────────────────▶ killing ───────────▶ (ending ─▶) ended
 *     │            │ launch-failed       └──────────── exited ───────────────────────▶   ▲
 *     └────────────┴─────────────────────────────────────────────────────────────────────┘
 * ```
 *
 * A kill during the launch destroys the container. The next input is `launch-failed`, or, when the container was already
 * launched, `launched` and then `exited`. A host with hooks may also complete the launch; then the task is killed.
 *
 * With hooks, the task starts in `preparing`; SIGTERM waits for the start of BeforeTerminate hooks, and a terminal update
 * waits for their end (`ending`). The hooks of one event run at a time (`firing`); they are aborted when the task is ended.
 *
 * @see Mesos src/launcher/executor.cpp
 */
import type { ExitStatus } from '@meseta/containers/shim';
import type { CheckStatusInfo, TaskState, TaskStatusReason } from '@meseta/protocol';
import type {
  CommandTask,
  CommandTaskEffect,
  CommandTaskInput,
  CommandTaskOptions,
  CommandTaskUpdate,
  KillRecord,
  Limit,
  Moment,
  Step,
  Verdict,
} from './command-task-types.ts';
import { exitMessage } from './exit-message.ts';
import { emptyCheckStatus } from './health/check-status.ts';
import type { TaskEvent } from './task-event.ts';

/** The time between SIGTERM and SIGKILL, in milliseconds, when neither the task nor the kill sets one. */
export const defaultGraceMs = 3000;

/** Returns the first state of a task: about to be launched, or, with hooks or in a group, waiting for `begin`. */
export function newCommandTask(options: CommandTaskOptions): CommandTask {
  return { phase: options.hooks || options.inGroup ? 'preparing' : 'launching', options };
}

/**
 * Applies an input to a task. Returns the new state and the effects, which are to be performed in order. Inputs that
 * arrive too late have no effect.
 */
export function step(task: CommandTask, input: CommandTaskInput): Step {
  if (task.phase === 'ended') return [task, []];
  switch (input.type) {
    case 'begin':
      if (task.phase !== 'preparing' || task.firing) return [task, []];
      return join([task, [starting(task)]], started =>
        task.options.hooks
          ? fire(started, 'BeforeTaskStart')
          : [{ ...started, phase: 'launching' }, [{ type: 'launch' }]],
      );
    case 'launched':
      return launched(task);
    case 'launch-failed':
      return launchFailed(task, input.cause, input.message, input.limit);
    case 'exited':
      return exited(task, input.exit, input.message);
    case 'lost':
      return end(task, agentUpdate('TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', input.message));
    case 'limited':
      return limited(task, input);
    case 'destroyed':
      return task.phase === 'ending' ? [task, []] : end(task, agentUpdate(input.state, input.reason, input.message));
    case 'kill':
      return kill(task, input.nowMs, input.graceMs ?? task.options.graceMs ?? defaultGraceMs);
    case 'certificate-expired':
      return stop(task, { state: 'TASK_KILLED', message: 'Certificate expired', healthy: false }, input.nowMs);
    case 'health':
      return health(task, input);
    case 'check':
      return checked(task, input.status);
    case 'hooks-done':
      return hooksDone(task, input.event, input.nowMs, input.error);
    case 'escalate':
      if (task.phase !== 'killing') return [task, []];
      return [without(task, 'escalateAtMs'), [{ type: 'signal', signal: 'SIGKILL' }]];
    case 'max-completion-reached':
      return maxCompletionReached(task, input.nowMs);
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

function launched(task: CommandTask): Step {
  const { phase, options } = task;
  if (phase !== 'launching') return [task, []];
  const doomed = task.killGraceMs !== undefined; // its container is being destroyed
  if (options.hooks) {
    const verdict: Verdict = { state: 'TASK_KILLED' };
    if (doomed) {
      const killing: CommandTask = { ...task, phase: 'killing', verdict };
      return join([killing, [checkpointKill(killing)]], fireTerminate);
    }
    return join([{ ...task, phase: 'running' }, maxCompletionTimer(options)], running =>
      fire(running, 'AfterTaskStart'),
    );
  }
  const first = options.inGroup ? [] : [starting(task)];
  if (doomed) {
    const killing: CommandTask = { ...task, phase: 'killing', verdict: { state: 'TASK_KILLED' } };
    return [killing, [...first, update(task, 'TASK_RUNNING')]];
  }
  const [running, effects] = announce({ ...task, phase: 'running' });
  return [running, [...first, ...effects, ...maxCompletionTimer(options)]];
}

/** Returns the first update of a task. */
export function starting(task: CommandTask): CommandTaskEffect {
  return update(task, 'TASK_STARTING');
}

/** Sends TASK_RUNNING and starts checks and the completion timer. */
export function announce(task: CommandTask): Step {
  const { hooks, healthCheck } = task.options;
  const effects = [update(task, 'TASK_RUNNING'), ...startChecks(task.options)];
  const running: Step = [{ ...task, announced: true }, effects];
  if (!hooks || healthCheck || task.healthyFired) return running;
  return join(running, healthy => fire({ ...healthy, healthyFired: true }, 'AfterTaskHealthy'));
}

function launchFailed(
  task: CommandTask,
  cause: 'exec' | 'destroyed' | 'other',
  message: string,
  limit: Limit = {},
): Step {
  if (task.phase !== 'launching' && task.phase !== 'preparing') return [task, []];
  const { hooks, inGroup } = task.options;
  if (task.killGraceMs !== undefined || cause === 'destroyed') return killedBeforeLaunch(task);
  if (cause === 'other') {
    const reason = 'REASON_CONTAINER_LAUNCH_FAILED';
    if (inGroup) return end(task, update(task, 'TASK_FAILED', { reason, message, ...limit }).update);
    return end(task, { ...agentUpdate('TASK_FAILED', reason, message), ...limit });
  }
  if (hooks) return end(task, update(task, 'TASK_FAILED', { message }).update);
  const earlier = [...(inGroup ? [] : [starting(task)]), update(task, 'TASK_RUNNING')];
  return [
    { ...task, phase: 'ended' },
    [...earlier, update(task, 'TASK_FAILED', { message: exitMessage({ kind: 'exited', code: 1 }) })],
  ];
}

function killedBeforeLaunch(task: CommandTask): Step {
  const message = 'A kill task request was received before the task was launched';
  return end(task, agentUpdate('TASK_KILLED', 'REASON_TASK_KILLED_DURING_LAUNCH', message));
}

function exited(task: CommandTask, exit: ExitStatus, said: string | undefined): Step {
  if (task.phase === 'ending') return [task, []];
  const message = said ?? exitMessage(exit);
  if (exit.kind === 'not-started') return end(task, agentUpdate('TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', message));
  const { verdict } = task;
  // A task that was killed is TASK_KILLED, even when it exits with status 0.
  if (verdict) return end(task, update(task, verdict.state, { message, ...verdict }).update);
  const finished = exit.kind === 'exited' && exit.code === 0;
  return end(task, update(task, finished ? 'TASK_FINISHED' : 'TASK_FAILED', { message }).update);
}

function limited(task: CommandTask, { message, limit, exit }: CommandTaskInput & { type: 'limited' }): Step {
  if (task.phase === 'ending') return [task, []];
  if (exit)
    return end(task, update(task, 'TASK_FAILED', { message: `${exitMessage(exit)}: ${message}`, ...limit }).update);
  return end(task, { ...agentUpdate('TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', message), ...limit });
}

/** Sends a terminal update when the BeforeTerminate hooks have run. */
function end(task: CommandTask, outcome: CommandTaskUpdate): Step {
  const inert: CommandTaskEffect[] = task.phase === 'launching' ? [] : [{ type: 'clear-timers' }, ...stopChecks(task)];
  if (!task.options.hooks || (task.terminateFired && !task.firing)) {
    return [{ ...task, phase: 'ended' }, [...inert, { type: 'update', update: outcome }]];
  }
  const ending: CommandTask = { ...task, phase: 'ending', outcome };
  if (task.terminateFired) return [ending, inert];
  return join([ending, inert], fireTerminate);
}

function kill(task: CommandTask, nowMs: number, graceMs: number): Step {
  const { phase, killGraceMs, escalateAtMs } = task;
  if (phase === 'preparing') return killedBeforeLaunch(task);
  if (phase === 'launching') {
    const first = killGraceMs === undefined;
    return [{ ...task, killGraceMs: Math.min(graceMs, killGraceMs ?? graceMs) }, first ? [{ type: 'destroy' }] : []];
  }
  if (phase !== 'killing') return stop(task, { state: 'TASK_KILLED' }, nowMs, graceMs);
  // A further kill can only shorten the grace period.
  if (task.firing) {
    if (killGraceMs !== undefined && graceMs >= killGraceMs) return [task, []];
    const sooner: CommandTask = { ...task, killGraceMs: graceMs };
    return [sooner, [checkpointKill(sooner)]];
  }
  if (escalateAtMs === undefined || nowMs + graceMs >= escalateAtMs) return [task, []];
  const sooner: CommandTask = { ...task, killGraceMs: graceMs, escalateAtMs: nowMs + graceMs };
  return [sooner, [checkpointKill(sooner, graceMs), { type: 'set-timer', timer: 'escalate', delayMs: graceMs }]];
}

/** Starts to end a running task: hooks, SIGTERM, and SIGKILL after the grace period. */
export function stop(
  task: CommandTask,
  verdict: Verdict,
  nowMs: number,
  graceMs = task.options.graceMs ?? defaultGraceMs,
): Step {
  if (task.phase !== 'running') return [task, []];
  const { reportsKilling, hooks } = task.options;
  const killing: CommandTask = { ...task, phase: 'killing', verdict, killGraceMs: graceMs };
  const overdue = verdict.reason === 'REASON_MAX_COMPLETION_TIME_REACHED';
  // The framework gets no TASK_KILLING for a task that it never saw running, unless it asked for the kill.
  const isReported = reportsKilling && !overdue && (task.announced || verdict.message === undefined);
  const report = isReported ? [update(task, 'TASK_KILLING')] : [];
  if (hooks && !task.terminateFired) {
    return join([killing, [checkpointKill(killing), ...report, ...stopChecks(task)]], fireTerminate);
  }
  return terminate(killing, nowMs, [...report, ...stopChecks(task)]);
}

/** Sends SIGTERM and sets the timer of SIGKILL. @param between effects after the checkpoint and before SIGTERM. */
function terminate(task: CommandTask, nowMs: number, between: readonly CommandTaskEffect[] = []): Step {
  const { killGraceMs: delayMs = defaultGraceMs } = task;
  const terminating: CommandTask = { ...task, escalateAtMs: nowMs + delayMs };
  const effects: CommandTaskEffect[] = [
    checkpointKill(terminating, delayMs),
    ...between,
    { type: 'signal', signal: 'SIGTERM' },
    { type: 'set-timer', timer: 'escalate', delayMs },
  ];
  return [terminating, effects];
}

/** Continues to end a task that an earlier agent had started to end. The time of SIGKILL stays the same. */
export function resumeKill(task: CommandTask, record: KillRecord, { timeMs, nowMs }: Moment): Step {
  const { verdict, graceMs, escalateAtMs, signalled } = record;
  if (task.phase !== 'running') return [task, []];
  if (escalateAtMs === undefined) return stop(task, verdict, nowMs, graceMs);
  // A clock that was set back must not lengthen the grace period.
  const delayMs = Math.min(Math.max(0, escalateAtMs - timeMs), graceMs);
  const killing: CommandTask = {
    ...{ ...task, phase: 'killing', verdict, killGraceMs: graceMs, escalateAtMs: nowMs + delayMs },
    terminateFired: true,
  };
  const effects: CommandTaskEffect[] = [...stopChecks(task)];
  if (!signalled) effects.push({ type: 'signal', signal: 'SIGTERM' });
  return [killing, [...effects, { type: 'set-timer', timer: 'escalate', delayMs }]];
}

/** @param escalateInMs until SIGKILL; undefined before SIGTERM. */
function checkpointKill(task: CommandTask, escalateInMs?: number): CommandTaskEffect {
  const { verdict = { state: 'TASK_KILLED' }, killGraceMs: graceMs = defaultGraceMs } = task;
  const plan = { verdict, graceMs, ...(escalateInMs !== undefined && { escalateInMs }) };
  return { type: 'checkpoint-kill', plan };
}

/** Ends a task that reached its maximum completion time. It gets its grace period; in Mesos it gets none. */
function maxCompletionReached(task: CommandTask, nowMs: number): Step {
  return stop(task, { state: 'TASK_FAILED', reason: 'REASON_MAX_COMPLETION_TIME_REACHED' }, nowMs);
}

function health(
  task: CommandTask,
  { healthy, kill: kills, nowMs, message }: CommandTaskInput & { type: 'health' },
): Step {
  if (task.phase !== 'running' || !task.announced) return [task, []];
  const known: CommandTask = { ...task, healthy };
  if (healthy && task.options.hooks && !task.healthyFired) {
    return fire({ ...known, healthyFired: true }, 'AfterTaskHealthy');
  }
  if (healthy && task.firing) return [known, []]; // sent when the hooks have run
  const reported: Step = [known, [healthUpdate(known, message)]];
  if (!kills) return reported;
  const state = task.options.unhealthyState ?? 'TASK_KILLED';
  return join(reported, next => stop(next, { state, healthy: false }, nowMs));
}

function healthUpdate(task: CommandTask, message?: string): CommandTaskEffect {
  const { healthy, checkStatus } = task;
  return update(task, 'TASK_RUNNING', {
    reason: 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED',
    ...(message !== undefined && { message }),
    ...(healthy !== undefined && { healthy }),
    ...(checkStatus && { check_status: checkStatus }),
  });
}

function checked(task: CommandTask, status: CheckStatusInfo): Step {
  if (task.phase !== 'running' || !task.announced) return [task, []];
  const { healthy } = task;
  const report = update(task, 'TASK_RUNNING', {
    reason: 'REASON_TASK_CHECK_STATUS_UPDATED',
    ...(healthy !== undefined && !task.firing && { healthy }),
    check_status: status,
  });
  return [{ ...task, checkStatus: status }, [report]];
}

function hooksDone(firing: CommandTask, event: TaskEvent, nowMs: number, error: string | undefined): Step {
  if (firing.firing !== event) return [firing, []];
  const task = without(firing, 'firing');
  switch (event) {
    case 'BeforeTaskStart':
      if (error !== undefined) return end(task, update(task, 'TASK_FAILED', { message: error }).update);
      return [{ ...task, phase: 'launching' }, [{ type: 'launch' }]];
    case 'AfterTaskStart':
      return error === undefined ? announce(task) : stop(task, { state: 'TASK_FAILED', message: error }, nowMs);
    case 'AfterTaskHealthy':
      if (error !== undefined) return stop(task, { state: 'TASK_FAILED', message: error }, nowMs);
      return [task, task.options.healthCheck && task.healthy ? [healthUpdate(task)] : []];
    case 'BeforeTerminate':
      if (task.outcome) return [{ ...task, phase: 'ended' }, [{ type: 'update', update: task.outcome }]];
      return terminate(task, nowMs);
    default:
      throw new Error(`unhandled event ${event satisfies never}`);
  }
}

function fire(task: CommandTask, event: TaskEvent): Step {
  return [{ ...task, firing: event }, [{ type: 'fire-hooks', event }]];
}

function fireTerminate(task: CommandTask): Step {
  const cancel: CommandTaskEffect[] = task.firing ? [{ type: 'cancel-hooks' }] : [];
  return join([{ ...task, terminateFired: true }, cancel], next => fire(next, 'BeforeTerminate'));
}

function startChecks({ check, healthCheck }: CommandTaskOptions): CommandTaskEffect[] {
  return check || healthCheck ? [{ type: 'start-checks' }] : [];
}

function stopChecks({ announced, options }: CommandTask): CommandTaskEffect[] {
  return announced && (options.check || options.healthCheck) ? [{ type: 'stop-checks' }] : [];
}

function maxCompletionTimer({ maxCompletionMs: delayMs }: CommandTaskOptions): CommandTaskEffect[] {
  return delayMs === undefined ? [] : [{ type: 'set-timer', timer: 'max-completion-reached', delayMs }];
}

type Update = CommandTaskEffect & { type: 'update' };

/**
 * Makes a status update. For a task with a check, every status has a check status, but only check and health updates
 * have the last result.
 */
function update({ options }: CommandTask, state: TaskState, more: Omit<CommandTaskUpdate, 'state'> = {}): Update {
  const check = options.check && { check_status: emptyCheckStatus(options.check) };
  return { type: 'update', update: { state, ...check, ...more } };
}

function agentUpdate(state: TaskState, reason: TaskStatusReason, message: string): CommandTaskUpdate {
  return { state, reason, message, fromAgent: true };
}

/** Runs a second step on the state of the first, and joins their effects. */
function join([task, effects]: Step, next: (task: CommandTask) => Step): Step {
  const [last, more] = next(task);
  return [last, [...effects, ...more]];
}

function without<K extends keyof CommandTask>(task: CommandTask, key: K): Omit<CommandTask, K> {
  const { [key]: _, ...rest } = task;
  return rest;
}
