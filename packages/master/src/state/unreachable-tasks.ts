import { BoundedHistory } from '@meseta/daemon';
import { checkId, type Id, type IdMap, type Task, type WireId } from '@meseta/protocol';

/**
 * The latest tasks of a framework whose agents are unreachable, the oldest first. They are found by agent, too: agents
 * come back by the thousand.
 */
export class UnreachableTasks implements Iterable<Task> {
  readonly #tasks: BoundedHistory<'task', Task>;
  readonly #byAgent: IdMap<'agent', Set<Task>> = new Map();

  /** @param capacity how many are kept; the oldest is forgotten first. */
  constructor(capacity: number) {
    this.#tasks = new BoundedHistory(capacity, task => this.#dropFromAgent(task));
  }

  get size(): number {
    return this.#tasks.size;
  }

  /** Adds a task as the newest; one with the same id is replaced. */
  add(id: Id<'task'>, task: Task): void {
    this.delete(id);
    const agentId = checkId<'agent'>(task.agent_id.value);
    const others = this.#byAgent.get(agentId);
    if (others) others.add(task);
    else this.#byAgent.set(agentId, new Set([task]));
    this.#tasks.add(id, task);
  }

  get(id: WireId<'task'>): Task | undefined {
    return this.#tasks.get(id);
  }

  has(id: WireId<'task'>): boolean {
    return this.#tasks.has(id);
  }

  delete(id: WireId<'task'>): boolean {
    const task = this.#tasks.get(id);
    if (!task) return false;
    this.#dropFromAgent(task);
    return this.#tasks.delete(id);
  }

  /** Forgets the tasks of an agent. */
  deleteOf(agentId: WireId<'agent'>): void {
    for (const { task_id } of [...(this.#byAgent.get(agentId) ?? [])]) this.delete(task_id.value);
  }

  [Symbol.iterator](): Iterator<Task> {
    return this.#tasks[Symbol.iterator]();
  }

  #dropFromAgent(task: Task): void {
    const agentId = task.agent_id.value;
    const tasks = this.#byAgent.get(agentId);
    if (tasks?.delete(task) && tasks.size === 0) this.#byAgent.delete(agentId);
  }
}
