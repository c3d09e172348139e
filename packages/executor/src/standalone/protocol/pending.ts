import { type ExecutorCallSubscribe, isTerminal, type TaskInfo, type TaskStatus, type WireId } from '@meseta/protocol';

interface Entry {
  readonly status: TaskStatus;
  /** The agent has it: only its acknowledgement is missing. */
  sent: boolean;
}

/** What the agent has not acknowledged yet, in order: updates, and tasks without any acknowledged update. */
export class Pending {
  readonly #limit: number;
  readonly #updates = new Map<string, Entry>();
  readonly #tasks = new Map<WireId<'task'>, TaskInfo>();

  /** @param limit of updates: beyond it the oldest that is not terminal is forgotten. */
  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  addTask(task: TaskInfo): void {
    this.#tasks.set(task.task_id.value, task);
  }

  /** @returns a status that was forgotten for it. */
  addUpdate(status: TaskStatus): TaskStatus | undefined {
    this.#updates.set(status.uuid ?? '', { status, sent: false });
    if (this.#updates.size <= this.#limit) return undefined;
    const oldest = [...this.#updates].find(([, entry]) => !isTerminal(entry.status.state));
    if (!oldest) return undefined;
    this.#updates.delete(oldest[0]);
    return oldest[1].status;
  }

  acknowledge(taskId: WireId<'task'>, uuid: string): void {
    this.#updates.delete(uuid);
    this.#tasks.delete(taskId);
  }

  /** The next update to be sent. */
  get next(): TaskStatus | undefined {
    for (const { status, sent } of this.#updates.values()) if (!sent) return status;
    return undefined;
  }

  markSent(uuid: string): void {
    const entry = this.#updates.get(uuid);
    if (entry) entry.sent = true;
  }

  get isEmpty(): boolean {
    return this.#updates.size === 0;
  }

  /** For SUBSCRIBE, which carries all of it. */
  get snapshot(): Required<ExecutorCallSubscribe> {
    return {
      unacknowledged_tasks: [...this.#tasks.values()],
      unacknowledged_updates: [...this.#updates.values()].map(({ status }) => ({ status })),
    };
  }
}
