/**
 * The tasks whose use is shown, kept up to date by the master's event stream:
 *
 * ```text
 * SUBSCRIBED, TASK_ADDED ──▶ live ──▶ ended: TASK_UPDATED, FRAMEWORK_REMOVED, or missing in a later SUBSCRIBED
 *                             ▲ │
 *              TASK_ADDED ────┘ └──▶ unconfirmed: missing, but its agent has not registered with this master yet
 * ```
 */
import type { MasterEvent, MasterEventSubscribed, Task, WireId } from '@meseta/protocol';
import { originOfPid } from '../find-task.ts';
import { isLive } from '../sandbox/watch-end.ts';

/** A task that has ended. */
export interface Ended {
  readonly task: Task;
  /** How, for people: a state such as `finished`, with the message of its status. */
  readonly how: string;
}

/** What an event changed. */
export interface Change {
  readonly ended: readonly Ended[];
  /** The master has to be asked for all tasks again: some may have ended unnoticed. */
  readonly asksAgain: boolean;
}

const nothing: Change = { ended: [], asksAgain: false };

/** See the top of this file. */
export class WatchedTasks {
  readonly #wants: (task: Task) => boolean;
  readonly #master: string;
  readonly #tasks = new Map<string, Task>();
  readonly #unconfirmed = new Set<string>();
  readonly #origins = new Map<WireId<'agent'>, string>();

  /**
   * @param wants selects the tasks.
   * @param master the master's origin.
   * @param known tasks that the master had before its first event.
   */
  constructor(wants: (task: Task) => boolean, master: string, known: readonly Task[] = []) {
    this.#wants = wants;
    this.#master = master;
    for (const task of known) this.#tasks.set(keyOf(task), task);
  }

  /** The live tasks, those of unreachable agents included. */
  get tasks(): Iterable<Task> {
    return this.#tasks.values();
  }

  /** Returns the origin of an agent; undefined while it is not registered. */
  originOf(agentId: WireId<'agent'>): string | undefined {
    return this.#origins.get(agentId);
  }

  /** Takes an event of the master into account. */
  apply({ subscribed, task_added, task_updated, agent_added, agent_removed, framework_removed }: MasterEvent): Change {
    if (subscribed) return this.#replace(subscribed);
    if (task_added) return this.#add(task_added.task);
    if (task_updated) {
      const { framework_id, status, state } = task_updated;
      const task = this.#tasks.get(keyOf({ framework_id, task_id: status.task_id }));
      return task ? this.#update({ ...task, state }, status.message) : nothing;
    }
    if (agent_added) {
      const { agent_info, pid } = agent_added.agent;
      const id = agent_info.id?.value ?? '';
      this.#setOrigin(id, pid);
      const asksAgain = [...this.#unconfirmed].some(key => this.#tasks.get(key)?.agent_id.value === id);
      return { ended: [], asksAgain };
    }
    if (agent_removed) this.#origins.delete(agent_removed.agent_id.value);
    if (!framework_removed) return nothing;
    const id = framework_removed.framework_info.id?.value;
    return this.#end([...this.#tasks.values()].filter(task => task.framework_id.value === id).map(gone));
  }

  #replace({ get_state: { get_tasks, get_agents } = {} }: MasterEventSubscribed): Change {
    this.#origins.clear();
    for (const { agent_info, pid } of get_agents?.agents ?? []) this.#setOrigin(agent_info.id?.value ?? '', pid);
    const { tasks = [], unreachable_tasks = [], completed_tasks = [] } = get_tasks ?? {};
    const present = new Map([...completed_tasks, ...unreachable_tasks, ...tasks].map(task => [keyOf(task), task]));
    const ended: Ended[] = [];
    for (const [key, task] of this.#tasks) {
      const now = present.get(key);
      if (now && isLive(now)) continue;
      // After a failover, the master learns of tasks when their agents register.
      if (!now && !this.#origins.has(task.agent_id.value)) this.#unconfirmed.add(key);
      else ended.push(now ? { task: now, how: howOf(now, now.statuses?.at(-1)?.message) } : gone(task));
    }
    for (const task of present.values()) this.#add(task);
    return this.#end(ended);
  }

  #add(task: Task): Change {
    if (!isLive(task) || !this.#wants(task)) return nothing;
    const key = keyOf(task);
    this.#tasks.set(key, task);
    this.#unconfirmed.delete(key);
    return nothing;
  }

  #update(task: Task, message: string | undefined): Change {
    if (isLive(task)) return this.#add(task);
    return this.#end([{ task, how: howOf(task, message) }]);
  }

  #end(ended: readonly Ended[]): Change {
    for (const { task } of ended) {
      this.#tasks.delete(keyOf(task));
      this.#unconfirmed.delete(keyOf(task));
    }
    return { ended, asksAgain: false };
  }

  #setOrigin(id: WireId<'agent'>, pid: string | undefined): void {
    if (pid !== undefined) this.#origins.set(id, originOfPid(pid, this.#master));
  }
}

/** Returns a key of a task, which is unique in a cluster. */
export function keyOf({ framework_id, task_id }: Pick<Task, 'framework_id' | 'task_id'>): string {
  return `${framework_id.value}/${task_id.value}`;
}

function gone(task: Task): Ended {
  return { task, how: 'is gone: its framework or its agent was removed' };
}

/** Describes the end of a task: `finished`, `failed: Command exited with status 1`. */
export function howOf({ state }: Pick<Task, 'state'>, message: string | undefined): string {
  return `${state.replace('TASK_', '').toLowerCase()}${message ? `: ${message}` : ''}`;
}
