/** How the effects that a task's state machine decides on are performed. */
import type { CommandTaskEffect } from '@meseta/tasks';
import type { EffectTarget } from './effect-target.ts';
import { report } from './report.ts';

type EffectType = CommandTaskEffect['type'];
type EffectOf<T extends EffectType> = Extract<CommandTaskEffect, { readonly type: T }>;

const effects: { readonly [T in EffectType]: (task: EffectTarget, effect: EffectOf<T>) => void } = {
  update: (task, { update }) => report(task, update),
  signal: (task, { signal }) => task.attempt('signal', task.taskKill.signal(signal)),
  destroy: task => task.attempt('destroy', task.destroy()),
  'set-timer': ({ timers }, { timer, delayMs }) => timers.set(timer, delayMs),
  'clear-timers': ({ timers }) => timers.clear(),
  'checkpoint-kill': ({ taskKill }, { plan }) => taskKill.checkpoint(plan),
  'start-checks': ({ checks }, { history }) => checks?.start(history),
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
