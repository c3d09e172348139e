import type { TaskInfo } from '@meseta/protocol';
import type { TaskEvent } from '../task-event.ts';

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string>>;

/** A task as hooks get it. */
export interface HookedTask {
  /** Null when no task was launched. */
  readonly info: TaskInfo | null;
  /** The directory in which commands of hooks run. */
  readonly sandbox: string;
  /** The environment of hooks' commands, without secrets. */
  readonly environment: Variables;
  /** The user of hooks' commands; undefined for the host's user. */
  readonly user?: string;
  /** The memory of this task's hooks. The same object for all events, so hosts and hooks identify the task by it. */
  readonly memory: HookMemory;
}

/** What hooks remember of a task between events. A host that may be restarted meanwhile stores it on disk. */
export interface HookMemory {
  get(hook: string): unknown;
  /** @param value must be JSON. @throws when it cannot be stored. */
  set(hook: string, value: unknown): Promise<void>;
}

/** Keeps the memory of hooks in this process, for a host whose tasks end with it. */
export class LocalMemory implements HookMemory {
  readonly #values = new Map<string, unknown>();

  get(hook: string): unknown {
    return this.#values.get(hook);
  }

  async set(hook: string, value: unknown): Promise<void> {
    this.#values.set(hook, value);
  }
}

/** Code that runs at the events of a task. The calls for one task run one after another. */
export interface Hook {
  readonly name: string;
  /** Tells whether the hook concerns a task; default yes. */
  wants?(task: TaskInfo | null): boolean;
  /**
   * Handles an event.
   *
   * @param signal aborted when the time is up or the task is being ended; the hook must then stop all it has started.
   * @returns additions to the task's environment; only at BeforeTaskStart.
   * @throws an error that ends the task; at BeforeTerminate it is only reported.
   */
  handle(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables | undefined>;
  /** Called when the host ends. */
  close?(): Promise<void>;
}

/** Runs all hooks; implemented by `HookManager`. */
export interface TaskHooks {
  /** Tells whether any hook concerns a task. If not, the host need not wait for `fire`. */
  wants(task: TaskInfo | null): boolean;
  /**
   * Runs the hooks of an event one after another. BeforeTerminate runs once, and rejects only after `close`.
   *
   * @returns additions to the task's environment.
   * @throws {HookError}
   */
  fire(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables>;
  /** After `close`: hooks that are fired or still run have no effect. */
  readonly closed: boolean;
  /** Aborts running hooks without undoing them: the next host continues. */
  close(): Promise<void>;
}

/** A hook failed. The message names the hook and the event. */
export class HookError extends Error {
  override readonly name = 'HookError';
  readonly code = 'HOOK';

  constructor(hook: string, event: TaskEvent, options: { cause: unknown }) {
    const { cause } = options;
    super(`Hook '${hook}' failed on ${event}: ${cause instanceof Error ? cause.message : String(cause)}`, options);
  }
}
