import { type ExecutorCallSubscribe, isTerminal, type TaskInfo, type TaskStatus, type WireId } from '@meseta/protocol';

interface Entry {
  readonly status: TaskStatus;
  /** The agent has accepted the update; its acknowledgement is missing. */
  sent: boolean;
}

/** Keeps what the agent has not acknowledged, in order: updates, and tasks none of whose updates is acknowledged. */
export class Pending {
  readonly #limit: number;
  readonly #updates = new Map<string, Entry>();
  readonly #tasks = new Map<WireId<'task'>, TaskInfo>();

  /** @param limit the number of updates that are kept; beyond it, the oldest that is not terminal is dropped. */
  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  addTask(task: TaskInfo): void {
    this.#tasks.set(task.task_id.value, task);
  }

  /** Adds an update. @returns the status that was dropped to make space, if any. */
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

  /** The next update to send. */
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

  /** The body of SUBSCRIBE, which carries all unacknowledged updates and tasks. */
  get snapshot(): Required<ExecutorCallSubscribe> {
    return {
      unacknowledged_tasks: [...this.#tasks.values()],
      unacknowledged_updates: [...this.#updates.values()].map(({ status }) => ({ status })),
    };
  }
}
