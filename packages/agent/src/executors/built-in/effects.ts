/** How the effects that a task's state machine decides on are performed. */
import type { CommandTaskEffect } from '@meseta/tasks';
import { report } from './report.ts';
import type { CommandTaskChecks } from './task-checks.ts';
import type { CommandTaskHooks } from './task-hooks.ts';
import type { TaskHost } from './task-host.ts';
import type { TaskKill } from './task-kill.ts';
import type { Timers } from './timers.ts';

/** The parts of one supervised task that effects act on. */
export interface EffectTarget {
  readonly host: TaskHost;
  readonly timers: Timers;
  readonly taskKill: TaskKill;
  /** Undefined: the task has none. */
  readonly checks: CommandTaskChecks | undefined;
  /** Undefined: the task has none. */
  readonly hooks: CommandTaskHooks | undefined;
  /** There is, or was, a container in which the task ran. */
  readonly isLaunched: boolean;
  /** Launches the task's container. What fails becomes an input. */
  launch(): Promise<void>;
  /** Ends a container that is being launched. */
  destroy(): Promise<void>;
  /** Logs when something done for the task fails. @param what a verb, before "a command task". */
  attempt(what: string, work: Promise<unknown>): void;
}

type EffectType = CommandTaskEffect['type'];
type EffectOf<T extends EffectType> = Extract<CommandTaskEffect, { readonly type: T }>;

const effects: { readonly [T in EffectType]: (task: EffectTarget, effect: EffectOf<T>) => void } = {
  update: (task, { update }) => report(task, update),
  signal: (task, { signal }) => task.attempt('signal', task.taskKill.signal(signal)),
  destroy: task => task.attempt('destroy', task.destroy()),
  'set-timer': ({ timers }, { timer, delayMs }) => timers.set(timer, delayMs),
  'clear-timers': ({ timers }) => timers.clear(),
  'checkpoint-kill': ({ taskKill }, { record }) => taskKill.checkpoint(record),
  'start-checks': ({ checks }) => checks?.start(),
  'stop-checks': task => task.attempt('end the checks of', task.checks?.stop() ?? Promise.resolve()),
  launch: task => task.attempt('launch', task.launch()),
  'fire-hooks': (task, { event }) => {
    if (event !== 'BeforeTerminate') task.hooks?.fire(event);
    else void task.taskKill.written.then(() => task.hooks?.fire(event));
  },
  'cancel-hooks': ({ hooks }) => hooks?.cancel(),
};

/** Performs one effect for a task. Nothing waits before it has begun. */
export function perform<T extends EffectType>(task: EffectTarget, effect: EffectOf<T> & { readonly type: T }): void {
  effects[effect.type](task, effect);
}
