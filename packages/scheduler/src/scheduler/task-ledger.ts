import type { SchedulerCallReconcileTask, TaskInfo, TaskState, TaskStatus, WireId } from '@meseta/protocol';
import { Recent } from './recent.ts';
import { isOver } from './task-end.ts';

type TaskId = WireId<'task'>;

/** A task of which the framework knows, for example from before its restart. */
export interface KnownTask {
  readonly taskId: WireId<'task'>;
  /** With it, masters know more about tasks that they have forgotten. */
  readonly agentId?: WireId<'agent'>;
  /** The last stored state: the same state is not reported again by reconciliation. */
  readonly state?: TaskState;
}

interface Entry {
  agentId?: WireId<'agent'> | undefined;
  state?: TaskState | undefined;
  /** Of the last status that was handled. */
  uuid?: string | undefined;
  /** The master has said something about it since the last subscription. */
  isAnswered: boolean;
  /** The call that launches it is under way: nothing can be asked about it yet. */
  isLaunching?: boolean;
}

/** The number of ended tasks whose last status is remembered. */
const rememberedEnds = 10_000;

/** What the scheduler knows about the framework's tasks that have not ended, and about the last ends. */
export class TaskLedger {
  readonly #live = new Map<TaskId, Entry>();
  /** Uuids of the last statuses of ended tasks. */
  readonly #ended = new Recent<TaskId, string | undefined>(rememberedEnds);

  constructor(known: Iterable<KnownTask> = []) {
    for (const { taskId, agentId, state } of known) this.#live.set(taskId, { agentId, state, isAnswered: false });
  }

  /** Tasks are about to be launched. */
  launching(tasks: readonly TaskInfo[]): void {
    for (const { task_id, agent_id } of tasks) {
      this.#ended.delete(task_id.value);
      this.#live.set(task_id.value, { agentId: agent_id.value, isAnswered: false, isLaunching: true });
    }
  }

  /** The call that launches them has ended. @param wasTaken the master has accepted it, and will report on the tasks. */
  launched(tasks: readonly TaskInfo[], wasTaken: boolean): void {
    for (const { task_id } of tasks) {
      const entry = this.#live.get(task_id.value);
      if (!entry) continue;
      entry.isLaunching = false;
      entry.isAnswered ||= wasTaken;
    }
  }

  /** The master has refused the call that launches them. */
  refused(tasks: readonly TaskInfo[]): void {
    for (const { task_id } of tasks) this.#live.delete(task_id.value);
  }

  /**
   * Tells whether a status says something new. Statuses of agents have a uuid, and are repeated until they are
   * acknowledged. Those of masters have none: they are new when they change the state of a task that has not ended. Only an
   * agent's word for the end of a task is final: one that masters have lost may return.
   */
  isNew(status: TaskStatus): boolean {
    const { task_id, state, uuid } = status;
    const id = task_id.value;
    const entry = this.#live.get(id);
    if (uuid !== undefined) return uuid !== (entry?.uuid ?? this.#ended.get(id));
    if (entry) return state !== entry.state;
    return !this.#ended.has(id) || (this.#ended.get(id) === undefined && !isOver(status));
  }

  /** Returns the agent of a task that has not ended, if it is known: without it, masters do not know one out of reach. */
  agentOf(id: TaskId): WireId<'agent'> | undefined {
    return this.#live.get(id)?.agentId;
  }

  /** The master has answered about a task. */
  answered(id: TaskId): void {
    const entry = this.#live.get(id);
    if (entry) entry.isAnswered = true;
  }

  /** A status was handled. */
  handled(status: TaskStatus): void {
    const { task_id, agent_id, state, uuid } = status;
    const id = task_id.value;
    const entry = this.#live.get(id);
    if (isOver(status)) {
      this.#live.delete(id);
      this.#ended.set(id, uuid);
      return;
    }
    const agentId = agent_id?.value ?? entry?.agentId;
    this.#live.set(id, { ...entry, agentId, state, uuid: uuid ?? entry?.uuid, isAnswered: true });
  }

  /** Begins a reconciliation: nothing is answered. */
  forgetAnswers(): void {
    for (const entry of this.#live.values()) entry.isAnswered = false;
  }

  /**
   * Returns the tasks about which the master has said nothing since then, or that are out of reach: when their agent
   * comes back without them, as when the launch was lost on its way, masters say so only to those who ask.
   */
  unanswered(): SchedulerCallReconcileTask[] {
    return [...this.#live].flatMap(([value, { agentId, state, isAnswered, isLaunching }]) =>
      (isAnswered && state !== 'TASK_UNREACHABLE') || isLaunching
        ? []
        : { task_id: { value }, ...(agentId !== undefined && { agent_id: { value: agentId } }) },
    );
  }
}
