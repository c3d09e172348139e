/** Reads what tasks use: which tasks there are, from the master, and their numbers, from the agents. */
import type { Task, WireId } from '@meseta/protocol';
import { wayTo } from '../agent-address.ts';
import type { Masters } from '../masters.ts';
import { AgentReadings } from './agent-readings.ts';
import type { Row, SortKey } from './columns.ts';
import { type Picture, sharedContainers } from './picture.ts';
import { TaskWatch } from './task-watch.ts';
import { useOf } from './use.ts';
import { type Ended, keyOf } from './watched-tasks.ts';

/** How many agents without numbers are named. */
const mostProblems = 3;

/** The tasks that are wanted. */
export interface Selection {
  /** These tasks; when empty, all that run. */
  readonly named: readonly Task[];
  readonly framework?: WireId<'framework'> | undefined;
  readonly agent?: WireId<'agent'> | undefined;
  readonly sort?: SortKey | undefined;
}

/** See the top of this file. */
export class TaskReader {
  readonly #selection: Selection;
  readonly #watch: TaskWatch;
  readonly #readings: AgentReadings;

  private constructor(masters: Masters, selection: Selection, watch: TaskWatch) {
    this.#readings = new AgentReadings((id, origin) => wayTo(masters.client, id, origin));
    this.#selection = selection;
    this.#watch = watch;
  }

  /**
   * Starts.
   *
   * @param onEnd is called for each task that ends.
   * @throws {HttpAnswerError} {HttpConnectionError} when the master does not answer.
   */
  static async start(masters: Masters, selection: Selection, onEnd: (ended: Ended) => void): Promise<TaskReader> {
    const { named, framework, agent } = selection;
    const keys = new Set(named.map(keyOf));
    const wants = (task: Task) =>
      keys.size > 0
        ? keys.has(keyOf(task))
        : (framework === undefined || task.framework_id.value === framework) &&
          (agent === undefined || task.agent_id.value === agent);
    return new TaskReader(masters, selection, await TaskWatch.start(masters, { known: named, wants, onEnd }));
  }

  /**
   * Reads once. The use of CPU time is that since the last reading.
   *
   * @param longestMs the wait for slow agents ends after this time.
   * @param signal ends it, too.
   */
  async read(longestMs: number, signal: AbortSignal): Promise<Picture> {
    await this.#readings.read(this.#tasks(), id => this.#watch.originOf(id), longestMs, signal);
    const rows = this.#tasks().map((task): Row => {
      const { now, before } = this.#readings.of(task);
      return { task, container: now, use: useOf(now, before) };
    });
    const away = new Set(rows.map(({ task }) => task.agent_id.value).filter(id => !this.#watch.originOf(id)));
    const problems = [
      ...(this.#watch.problem === undefined ? [] : [this.#watch.problem]),
      ...[...away].map(id => `No numbers from agent ${id}: it is not registered with the master`),
      ...this.#readings.problems(),
    ];
    const more = problems.length - mostProblems;
    return {
      rows,
      sort: this.#selection.sort,
      problems: more > 1 ? [...problems.slice(0, mostProblems), `… and ${more} more agents`] : problems,
      notes: sharedContainers(rows),
    };
  }

  /** Ends. */
  async close(): Promise<void> {
    await Promise.all([this.#watch.close(), this.#readings.close()]);
  }

  /** Returns the tasks in the order of their names on the command line, or in that of the master. */
  #tasks(): Task[] {
    const { named } = this.#selection;
    const all = [...this.#watch.tasks];
    if (named.length === 0) return all.filter(({ state }) => state !== 'TASK_UNREACHABLE');
    const live = new Map(all.map(task => [keyOf(task), task]));
    return named.flatMap(task => live.get(keyOf(task)) ?? []);
  }
}
