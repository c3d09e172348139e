/** Makes `/tasks`: the present and past tasks of all frameworks, ordered by age. */
import { type Filters, jsonPieces, listed, seenFrameworks, seenTasks, taskView } from '@meseta/daemon';
import type { Task, WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';

/** Selects tasks and their order. */
export interface TaskSelection {
  readonly frameworkId: WireId<'framework'> | undefined;
  readonly taskId: WireId<'task'> | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly ascending: boolean;
}

/** The number of tasks that are sorted for one piece: this takes a few milliseconds. */
const runLength = 4096;

/**
 * Makes the text of `/tasks` in pieces. The first pieces are empty: they let the caller pause while tasks are looked for
 * and sorted.
 */
export function* tasksPieces(
  { cluster }: MasterContext,
  see: Filters<'VIEW_FRAMEWORK' | 'VIEW_TASK'>,
  selection: TaskSelection,
): Generator<string> {
  const { frameworkId, taskId, offset, limit, ascending } = selection;
  const all = [...cluster.frameworks.values(), ...cluster.completedFrameworks];
  // Copied at once, so that no task is missing or there twice because it ended meanwhile.
  const frameworks = [...seenFrameworks(all, see)]
    .filter(({ id }) => (frameworkId ?? id) === id)
    .map(framework => {
      const { tasks, unreachableTasks, completedTasks } = framework;
      return { framework, all: [...tasks.values(), ...unreachableTasks, ...completedTasks] };
    });
  const tasks: Task[] = [];
  let looked = 0;
  for (const { framework, all } of frameworks) {
    for (const task of seenTasks(all, framework, see)) {
      if ((taskId ?? task.task_id.value) === task.task_id.value) tasks.push(task);
      if (++looked % runLength === 0) yield '';
    }
  }
  const sorted = yield* sortInRuns(tasks, (a, b) => (ascending ? age(a) - age(b) : age(b) - age(a)) || 0);
  yield* jsonPieces({ tasks: listed(sorted.slice(offset, offset + limit), taskView) });
}

/** Returns the time of the first status, by which Mesos orders tasks; 0 for a task without a status. */
function age({ statuses }: Task): number {
  const timestamp = statuses?.[0]?.timestamp ?? 0;
  return Number.isFinite(timestamp) ? timestamp : 0;
}

/** Sorts a list of any length, and yields often so that the caller can pause. Merges sorted runs in pairs. Stable. */
function* sortInRuns<T>(items: T[], compare: (a: T, b: T) => number): Generator<string, T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += runLength) {
    runs.push(items.slice(start, start + runLength).sort(compare));
    yield '';
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<T>(left: T[], right: T[], compare: (a: T, b: T) => number): Generator<string, T[]> {
  const result: T[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const fromLeft = r >= right.length || (l < left.length && compare(left[l] as T, right[r] as T) <= 0);
    result.push((fromLeft ? left[l++] : right[r++]) as T);
    if (result.length % runLength === 0) yield '';
  }
  return result;
}
