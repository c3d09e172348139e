import { announce, newCommandTask, resumeKill, step } from './command-task.ts';
import type { CommandTask, CommandTaskOptions, KillRecord, Step } from './command-task-types.ts';
import type { TaskEvent } from './task-event.ts';

/** What is known of a task that an earlier agent launched. */
export interface KnownCommandTask {
  /** Its TASK_STARTING was made. */
  readonly starting: boolean;
  /** Since when it runs; undefined: its TASK_RUNNING was never made. */
  readonly running: number | undefined;
  /** It was being ended, as this and until then. */
  readonly kill?: KillRecord | undefined;
  /** It has ended meanwhile: hooks of a start have nothing to do any more. */
  readonly ended?: boolean;
  /** Events whose hooks have run. Others are fired again, also those that were cut short. */
  readonly fired?: ReadonlySet<TaskEvent>;
  readonly nowMs: number;
}

/**
 * A task that an earlier agent launched, and whose container is there, running or not. Its timers and checks start
 * again, with the time that is left to run or to end.
 */
export function recoverCommandTask(options: CommandTaskOptions, known: KnownCommandTask): Step {
  const [launched, effects] = launchedTask(options, known);
  const told = (state: string) =>
    state === 'TASK_STARTING' ? known.starting : state === 'TASK_RUNNING' && known.running !== undefined;
  const needed = effects.filter(
    effect => effect.type !== 'set-timer' && !(effect.type === 'update' && told(effect.update.state)),
  );
  const { maxCompletionMs } = options;
  if (maxCompletionMs !== undefined) {
    const ranMs = known.running === undefined ? 0 : known.nowMs - known.running;
    needed.push({ type: 'set-timer', timer: 'max-completion-reached', delayMs: Math.max(0, maxCompletionMs - ranMs) });
  }
  if (!known.kill) return [launched, needed];
  const [killing, killEffects] = resumeKill(launched, known.kill, known.nowMs);
  return [killing, [...needed, ...killEffects.filter(({ type }) => type !== 'update')]];
}

/** A task whose container is gone, or never was: it awaits the input `lost`. */
export function recoverLostCommandTask(options: CommandTaskOptions, fired: ReadonlySet<TaskEvent>): CommandTask {
  return { ...newCommandTask(options), terminateFired: fired.has('BeforeTerminate') };
}

function launchedTask(options: CommandTaskOptions, { running, kill, ended, fired }: KnownCommandTask): Step {
  const terminateFired = fired?.has('BeforeTerminate') ?? false;
  const ending = options.hooks === true && (terminateFired || kill !== undefined || ended === true);
  const healthyFired = ending || (fired?.has('AfterTaskHealthy') ?? false);
  const task: CommandTask = { phase: 'running', options, terminateFired, healthyFired };
  if (running !== undefined) return announce(task);
  return ending ? [task, []] : step({ ...task, phase: 'launching' }, { type: 'launched' });
}
