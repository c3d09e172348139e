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
