import { announce, newCommandTask, resumeKill, starting, step } from './command-task.ts';
import type { CommandTask, CommandTaskOptions, KillRecord, Moment, Step } from './command-task-types.ts';
import type { CheckHistory } from './health/check-history.ts';
import type { TaskEvent } from './task-event.ts';

/** What an agent knows of a task that an earlier agent launched. */
export interface KnownCommandTask {
  /** TASK_STARTING was stored. */
  readonly starting: boolean;
  /** The time of TASK_RUNNING, milliseconds since the epoch; undefined when it was not stored. */
  readonly running: number | undefined;
  /** What its checks had found; undefined: TASK_RUNNING was not stored. */
  readonly checked?: CheckHistory | undefined;
  /** The task was being ended. */
  readonly kill?: KillRecord | undefined;
  /** The task has ended meanwhile, so hooks of its start must not run. */
  readonly ended?: boolean;
  /** The events whose hooks have run. Others are fired again, also those whose hooks were aborted. */
  readonly fired?: ReadonlySet<TaskEvent>;
}

/**
 * Returns the state of a task that an earlier agent launched and whose container still exists, running or not. Timers
 * and checks start again, with the remaining time.
 */
export function recoverCommandTask(options: CommandTaskOptions, known: KnownCommandTask, moment: Moment): Step {
  const [launched, effects] = launchedTask(options, known);
  const wasSent = (state: string) =>
    state === 'TASK_STARTING' ? known.starting : state === 'TASK_RUNNING' && known.running !== undefined;
  const needed = effects
    .filter(effect => effect.type !== 'set-timer' && !(effect.type === 'update' && wasSent(effect.update.state)))
    .map(effect => (effect.type === 'start-checks' && known.checked ? { ...effect, history: known.checked } : effect));
  const { maxCompletionMs } = options;
  if (maxCompletionMs !== undefined) {
    // A clock that was set back must not let the task run for longer.
    const ranMs = known.running === undefined ? 0 : Math.max(0, moment.timeMs - known.running);
    needed.push({ type: 'set-timer', timer: 'max-completion-reached', delayMs: Math.max(0, maxCompletionMs - ranMs) });
  }
  if (!known.kill) return [launched, needed];
  const [killing, killEffects] = resumeKill(launched, known.kill, moment);
  return [killing, [...needed, ...killEffects.filter(({ type }) => type !== 'update')]];
}

/** Returns the state of a task whose container is gone or was never created. The next input is `lost`. */
export function recoverLostCommandTask(options: CommandTaskOptions, fired: ReadonlySet<TaskEvent>): CommandTask {
  return { ...newCommandTask(options), terminateFired: fired.has('BeforeTerminate') };
}

function launchedTask(options: CommandTaskOptions, { running, checked, kill, ended, fired }: KnownCommandTask): Step {
  const terminateFired = fired?.has('BeforeTerminate') ?? false;
  const ending = options.hooks === true && (terminateFired || kill !== undefined || ended === true);
  const healthyFired = ending || (fired?.has('AfterTaskHealthy') ?? false);
  const { healthy, checkStatus } = checked ?? {};
  const task: CommandTask = {
    ...{ phase: 'running', options, terminateFired, healthyFired },
    ...(healthy !== undefined && { healthy }),
    ...(checkStatus && { checkStatus }),
  };
  if (running !== undefined) return announce(task);
  if (ending) return [task, []];
  const [launched, effects] = step({ ...task, phase: 'launching' }, { type: 'launched' });
  return [launched, options.inGroup ? [starting(launched), ...effects] : effects];
}
