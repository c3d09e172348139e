import type { KillPlan, KillRecord } from '@meseta/tasks';
import { runIds } from '../../state/run-ids.ts';
import type { TaskHost } from './task-host.ts';

/** The task that a {@link TaskKill} is of. */
export interface KilledTask {
  readonly host: TaskHost;
  /** Its terminal status exists, so that the kill is over. */
  readonly isEnded: boolean;
  /** Logs when something done for the task fails. */
  attempt(what: string, work: Promise<unknown>): void;
}

/** The progress of the kill of one task: the signals sent, and the record from which the next agent continues. */
export class TaskKill {
  readonly #task: KilledTask;
  readonly #hard = Promise.withResolvers<void>();
  #written: Promise<void> = Promise.resolve();
  #record: KillRecord | undefined;

  constructor(task: KilledTask) {
    this.#task = task;
  }

  /** Resolves when the grace is over: SIGKILL is sent. */
  get hard(): Promise<void> {
    return this.#hard.promise;
  }

  /** Resolves when the next agent would know of the kill: only then is anything undone or killed. Never rejects. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** Goes on from the record of an earlier agent; undefined: the task was not being killed. */
  resume(record: KillRecord | undefined): void {
    this.#record = record;
  }

  /** Writes the kill down, where the task survives the agent. */
  checkpoint({ escalateInMs, ...plan }: KillPlan): void {
    const { signalled } = this.#record ?? {};
    const escalateAtMs = escalateInMs === undefined ? undefined : this.#task.host.context.clock.now() + escalateInMs;
    this.#write({ ...plan, ...(escalateAtMs !== undefined && { escalateAtMs }), ...(signalled && { signalled }) });
  }

  #write(record: KillRecord): void {
    const { context, executor, taskId } = this.#task.host;
    const { agent, disk, paths } = context;
    if (!executor.checkpoint || this.#task.isEnded) return;
    this.#record = record;
    const path = paths.taskKill(agent.id, runIds(executor), taskId);
    const written = disk.perform([{ type: 'replace', path, data: JSON.stringify(this.#record) }]);
    this.#task.attempt('checkpoint the kill of', written);
    this.#written = written.catch(() => undefined); // `attempt` logs the failure
  }

  /** Sends a signal to every process of the container, once the kill is written down. */
  async signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (signal === 'SIGKILL') this.#hard.resolve();
    await this.#written;
    const { context, container } = this.#task.host;
    await context.containerizer.signal(container, signal);
    if (signal === 'SIGTERM' && this.#record) this.#write({ ...this.#record, signalled: true });
  }
}
