import { checkId, type IdMap, type Task, type TaskState, type WireId } from '@meseta/protocol';
import type { ClusterObserver } from '../state/cluster.ts';
import type { Framework } from '../state/framework.ts';

type Counts = Map<TaskState, number>;

/** How many tasks are in which state, over all and by framework; kept with every change, never counted anew. */
export class TaskCounts implements ClusterObserver {
  readonly #all: Counts = new Map();
  readonly #byFramework: IdMap<'framework', Counts> = new Map();

  of(state: TaskState, frameworkId?: WireId<'framework'>): number {
    const counts = frameworkId === undefined ? this.#all : this.#byFramework.get(frameworkId);
    return counts?.get(state) ?? 0;
  }

  taskAdded(task: Task): void {
    this.#add(task, task.state, 1);
  }

  taskUpdated(task: Task, _status: unknown, _framework: unknown, before: TaskState): void {
    if (before === task.state) return;
    this.#add(task, before, -1);
    this.#add(task, task.state, 1);
  }

  taskRemoved(task: Task): void {
    this.#add(task, task.state, -1);
  }

  frameworkRemoved({ id }: Framework): void {
    this.#byFramework.delete(id);
  }

  #add(task: Task, state: TaskState, by: number): void {
    const id = task.framework_id.value;
    let own = this.#byFramework.get(id);
    if (!own) {
      own = new Map();
      this.#byFramework.set(checkId(id), own);
    }
    own.set(state, (own.get(state) ?? 0) + by);
    this.#all.set(state, (this.#all.get(state) ?? 0) + by);
  }
}
