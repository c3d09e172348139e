import type { TaskInfo } from '@meseta/protocol';
import type { TaskEvent } from '../task-event.ts';

/** Variables for the task's environment. */
export type Variables = Readonly<Record<string, string>>;

/** A task as hooks see it. */
export interface HookedTask {
  /** Null when none was launched. */
  readonly info: TaskInfo | null;
  /** Where commands of hooks run, */
  readonly sandbox: string;
  /** with these variables, without secrets, */
  readonly environment: Variables;
  /** and as whom; undefined: as the host. */
  readonly user?: string;
  /** Its own for the whole life of the task: hosts and hooks know the task by it. */
  readonly memory: HookMemory;
}

/** What hooks must not forget of a task; where the host may be restarted in between, it is kept on disk. */
export interface HookMemory {
  get(hook: string): unknown;
  /** @param value goes through JSON. @throws when it cannot be kept. */
  set(hook: string, value: unknown): Promise<void>;
}

/** Of a host that does not outlive itself. */
export class LocalMemory implements HookMemory {
  readonly #values = new Map<string, unknown>();

  get(hook: string): unknown {
    return this.#values.get(hook);
  }

  async set(hook: string, value: unknown): Promise<void> {
    this.#values.set(hook, value);
  }
}

/** Something that takes part in a task's life. Calls for one task come one after the other. */
export interface Hook {
  readonly name: string;
  /** Whether it has anything to do with a task; default yes. */
  wants?(task: TaskInfo | null): boolean;
  /**
   * @param signal aborted when the time is up or the task ends: what is under way is to stop, and leave nothing behind.
   * @returns what joins the task's environment; only at BeforeTaskStart.
   * @throws what stops the task; at BeforeTerminate it is only reported.
   */
  handle(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables | undefined>;
  /** The host ends. */
  close?(): Promise<void>;
}

/** What hosts need of hooks: `HookManager` in production. */
export interface TaskHooks {
  /** Whether any hook has to do with a task: else nobody need wait for `fire`. */
  wants(task: TaskInfo | null): boolean;
  /**
   * Runs the hooks of an event, one after the other. BeforeTerminate runs once, and rejects only after `close`.
   *
   * @returns what joins the task's environment.
   * @throws {HookError}
   */
  fire(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables>;
  /** What is fired, or still runs, comes to nothing from then on. */
  readonly closed: boolean;
  /** Cuts short what runs, without undoing anything: the next host goes on. */
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
