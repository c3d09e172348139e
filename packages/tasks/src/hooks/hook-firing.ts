import type { CommandTaskInput } from '../command-task-types.ts';
import type { TaskEvent } from '../task-event.ts';
import type { HookedTask, TaskHooks, Variables } from './hook.ts';

export interface HookFiringHost {
  readonly hooks: TaskHooks;
  readonly task: HookedTask;
  now(): number;
  /** Gets `hooks-done`. */
  feed(input: CommandTaskInput): void;
  onProblem(error: unknown): void;
  /** Calls `fire` for the hooks of an event, with what else belongs to it. Its errors are as those of hooks. */
  run(event: TaskEvent, fire: () => Promise<Variables>): Promise<unknown>;
}

/**
 * The hooks of one task for its supervision: the effects `fire-hooks` and `cancel-hooks`, answered by `hooks-done`, unless
 * the hooks are closed meanwhile.
 */
export class HookFiring {
  readonly #host: HookFiringHost;
  #abort = new AbortController();

  constructor(host: HookFiringHost) {
    this.#host = host;
  }

  fire(event: TaskEvent): void {
    const { hooks, task, run, onProblem } = this.#host;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (event !== 'BeforeTaskStart' && !hooks.wants(task.info)) return this.#done(event);
    run(event, () => hooks.fire(event, task, signal)).then(
      () => this.#done(event),
      error => {
        if (!hooks.closed && !signal.aborted) onProblem(error); // cut short is no problem of theirs
        this.#done(event, (error as Error).message);
      },
    );
  }

  cancel(): void {
    this.#abort.abort(new Error('the task is being ended'));
  }

  #done(event: TaskEvent, error?: string): void {
    const { hooks, now, feed } = this.#host;
    if (!hooks.closed) feed({ type: 'hooks-done', event, nowMs: now(), ...(error !== undefined && { error }) });
  }
}
