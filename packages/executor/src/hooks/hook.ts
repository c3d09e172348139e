import type { TaskInfo } from '@meseta/protocol';
import type { TaskEvent } from '../supervision/task-event.ts';

/** Variables for the task's environment. */
export type Variables = Readonly<Record<string, string>>;

/** Something that takes part in a task's life. Calls for one task come one after the other. */
export interface Hook {
  readonly name: string;
  /** Whether it has anything to do with a task; default yes. */
  wants?(task: TaskInfo | null): boolean;
  /**
   * @param task null when none was launched.
   * @param signal aborted when the time is up or the task ends: what is under way is to stop, and leave nothing behind.
   * @returns what joins the task's environment; only at BeforeTaskStart.
   * @throws what stops the task; at BeforeTerminate it is only reported.
   */
  handle(event: TaskEvent, task: TaskInfo | null, signal: AbortSignal): Promise<Variables | undefined>;
  /** The host ends. */
  close?(): Promise<void>;
}

/** What hosts need of hooks: `HookManager` in production. */
export interface TaskHooks {
  /** Whether any hook has to do with a task: else nobody need wait for `fire`. */
  wants(task: TaskInfo | null): boolean;
  /**
   * Runs the hooks of an event, one after the other. At BeforeTerminate it never rejects.
   *
   * @returns what joins the task's environment.
   * @throws {HookError}
   */
  fire(event: TaskEvent, task: TaskInfo | null, signal: AbortSignal): Promise<Variables>;
  close(): Promise<void>;
}

export class HookError extends Error {
  override readonly name = 'HookError';
  readonly code = 'HOOK';

  constructor(hook: string, event: TaskEvent, options: { cause: unknown }) {
    const { cause } = options;
    super(`Hook '${hook}' failed on ${event}: ${cause instanceof Error ? cause.message : String(cause)}`, options);
  }
}
