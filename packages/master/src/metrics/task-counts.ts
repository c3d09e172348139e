import type { Task, TaskState } from '@meseta/protocol';
import type { ClusterObserver } from '../state/cluster.ts';
import type { Framework } from '../state/framework.ts';

type Counts = Map<TaskState, number>;

/** How many tasks are in which state, over all and by framework; kept with every change, never counted anew. */
export class TaskCounts implements ClusterObserver {
  readonly #all: Counts = new Map();
  readonly #byFramework = new Map<string, Counts>();
  /** The state each task was last counted in. */
  readonly #states = new WeakMap<Task, TaskState>();

  of(state: TaskState, frameworkId?: string): number {
    const counts = frameworkId === undefined ? this.#all : this.#byFramework.get(frameworkId);
    return counts?.get(state) ?? 0;
  }

  taskAdded(task: Task): void {
    this.#states.set(task, task.state);
    this.#add(task, task.state, 1);
  }

  taskUpdated(task: Task): void {
    const before = this.#states.get(task);
    if (before === undefined || before === task.state) return;
    this.#add(task, before, -1);
    this.taskAdded(task);
  }

  taskRemoved(task: Task): void {
    const before = this.#states.get(task);
    if (before === undefined) return;
    this.#states.delete(task);
    this.#add(task, before, -1);
  }

  frameworkRemoved({ id }: Framework): void {
    this.#byFramework.delete(id);
  }

  #add(task: Task, state: TaskState, by: number): void {
    const id = task.framework_id.value;
    const own = this.#byFramework.get(id) ?? new Map<TaskState, number>();
    this.#byFramework.set(id, own);
    for (const counts of [this.#all, own]) counts.set(state, (counts.get(state) ?? 0) + by);
  }
}
