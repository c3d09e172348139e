import type { CommandTaskInput } from '../command-task-types.ts';
import type { TaskEvent } from '../task-event.ts';
import type { HookedTask, TaskHooks, Variables } from './hook.ts';

/** What the firing of hooks needs of a task's host. */
export interface HookFiringHost {
  readonly hooks: TaskHooks;
  readonly task: HookedTask;
  now(): number;
  /** Feeds `hooks-done` to the state machine. */
  feed(input: CommandTaskInput): void;
  onProblem(error: unknown): void;
  /**
   * Calls `fire`, which runs the hooks of an event, and does whatever else the event requires. Its errors count as
   * errors of hooks.
   */
  run(event: TaskEvent, fire: () => Promise<Variables>): Promise<unknown>;
}

/**
 * Performs the effects `fire-hooks` and `cancel-hooks` of one task. `hooks-done` follows, unless the hooks are closed
 * meanwhile.
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
        if (!hooks.closed && !signal.aborted) onProblem(error); // an abort is not an error of a hook
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
