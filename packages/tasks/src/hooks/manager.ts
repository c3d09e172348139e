import type { TaskInfo } from '@meseta/protocol';
import type { TaskEvent } from '../task-event.ts';
import { type Hook, HookError, type HookedTask, type HookMemory, type TaskHooks, type Variables } from './hook.ts';

/** The hooks to run, and their limits. */
export interface HookManagerOptions {
  /** The time limit of one hook for one event, in milliseconds. */
  readonly timeoutMs: number;
  /** Receives errors that must not end a task: those of BeforeTerminate. */
  onProblem(error: HookError, task: HookedTask): void;
}

/**
 * Runs hooks in order, and those of BeforeTerminate in reverse order. When a hook fails, the hooks that ran before it
 * are undone: they get BeforeTerminate at once, and not again later.
 */
export class HookManager implements TaskHooks {
  readonly #hooks: readonly Hook[];
  readonly #options: HookManagerOptions;
  /** The hooks that got BeforeTerminate, by task. */
  readonly #terminated = new WeakMap<HookMemory, Set<Hook>>();
  /** The last call of each task: calls run one after another, also when one was aborted. */
  readonly #queues = new Map<HookMemory, Promise<unknown>>();
  readonly #closed = new AbortController();

  constructor(hooks: readonly Hook[], options: HookManagerOptions) {
    this.#hooks = hooks;
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed.signal.aborted;
  }

  wants(task: TaskInfo | null): boolean {
    return this.#hooks.some(hook => hook.wants?.(task) ?? true);
  }

  fire(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables> {
    const key = task.memory;
    const before = this.#queues.get(key) ?? Promise.resolve();
    const fired = before.then(() => this.#fire(event, task, signal));
    const settled = fired.catch(() => undefined); // the caller gets the failure
    this.#queues.set(key, settled);
    void settled.then(() => this.#queues.get(key) === settled && this.#queues.delete(key));
    return fired;
  }

  async #fire(event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables> {
    if (event === 'BeforeTerminate') {
      await this.#terminate(this.#hooks, task, signal);
      this.#closed.signal.throwIfAborted();
      return {};
    }
    let variables: Variables = {};
    for (const [index, hook] of this.#hooks.entries()) {
      try {
        variables = { ...variables, ...(await this.#call(hook, event, task, signal)) };
      } catch (error) {
        this.#closed.signal.throwIfAborted();
        await this.#terminate(this.#hooks.slice(0, index), task, new AbortController().signal);
        throw error;
      }
    }
    return variables;
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the hooks are closed'));
    await Promise.all(this.#queues.values());
    await Promise.all(this.#hooks.map(hook => hook.close?.()));
  }

  async #terminate(hooks: readonly Hook[], task: HookedTask, signal: AbortSignal): Promise<void> {
    const done = this.#terminated.get(task.memory) ?? new Set();
    this.#terminated.set(task.memory, done);
    for (const hook of hooks.toReversed()) {
      if (done.has(hook)) continue;
      done.add(hook);
      await this.#call(hook, 'BeforeTerminate', task, signal).catch(error => {
        if (!this.closed) this.#options.onProblem(error, task);
      });
    }
  }

  /** @throws {HookError} */
  async #call(hook: Hook, event: TaskEvent, task: HookedTask, signal: AbortSignal): Promise<Variables | undefined> {
    const late = new AbortController();
    const error = new Error(`not done after ${this.#options.timeoutMs / 1000} s`);
    const timer = setTimeout(() => late.abort(error), this.#options.timeoutMs);
    try {
      if (hook.wants && !hook.wants(task.info)) return undefined;
      const end = AbortSignal.any([signal, late.signal, this.#closed.signal]);
      end.throwIfAborted();
      return await hook.handle(event, task, end);
    } catch (cause) {
      throw new HookError(hook.name, event, { cause: late.signal.aborted ? error : cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
