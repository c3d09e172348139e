import type { ContainerID, Task, WireId } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';

/** No task or agent matches, or several do. */
export class LookupError extends Error {
  override readonly name = 'LookupError';
  readonly code = 'NOT_FOUND';
}

/** The ways in which a word may name an id; the most exact ones come first. */
const matchers: readonly ((id: string, word: string) => boolean)[] = [
  (id, word) => id === word,
  (id, word) => id.startsWith(word),
  (id, word) => id.endsWith(word),
  (id, word) => id.includes(word),
];

/**
 * Finds the object that a word names by its whole id, or the beginning, the end or another part of it.
 *
 * @param groups objects of an earlier group take precedence.
 * @param word not empty.
 * @returns one object when the word is unambiguous, several when it is not, none when nothing matches.
 */
export function named<T>(groups: readonly (readonly T[])[], word: string, idsOf: (thing: T) => readonly string[]): T[] {
  for (const matches of matchers) {
    for (const group of groups) {
      const found = group.filter(thing => idsOf(thing).some(id => matches(id, word)));
      if (found.length > 0) return found;
    }
  }
  return [];
}

/**
 * Finds the task that a word names by its id or a part of it; running tasks take precedence over ended ones.
 *
 * @throws {LookupError} when none or several match.
 */
export async function findTask(master: MasterClient, word: string, framework?: string): Promise<Task> {
  const found = (await master.call({ type: 'GET_TASKS' }))?.get_tasks;
  const groups = [found?.tasks, found?.unreachable_tasks, found?.completed_tasks].map(tasks =>
    (tasks ?? []).filter(task => framework === undefined || task.framework_id.value === framework),
  );
  const [task, ...others] = named(groups, word, ({ task_id }) => [task_id.value]);
  if (!task) throw new LookupError(`There is no task '${word}'; 'meseta tasks --all' lists them`);
  if (others.length === 0) return task;
  throw new LookupError(
    `Several tasks match '${word}': ${describe([task, ...others])}; give --framework or more of the id`,
  );
}

function describe(tasks: Task[]): string {
  const names = tasks.slice(0, 5).map(task => `${task.task_id.value} of ${task.framework_id.value}`);
  return names.join(', ') + (tasks.length > 5 ? ', …' : '');
}

/** Returns the present origin of an agent; undefined when it is not registered. */
export async function originOf(master: MasterClient, agentId: WireId<'agent'>): Promise<string | undefined> {
  const view = await master.http.get(`/slaves?slave_id=${encodeURIComponent(agentId)}`);
  const { slaves = [] } = view as { slaves?: { id: string; pid?: string }[] };
  const pid = slaves.find(({ id }) => id === agentId)?.pid;
  return pid === undefined ? undefined : originOfPid(pid, master.origin);
}

/**
 * Returns the origin of an agent from its libprocess address, `slave(1)@10.0.0.1:5051`.
 *
 * @param master the master's origin: agents speak TLS where it does.
 */
export function originOfPid(pid: string, master: string): string {
  const scheme = master.startsWith('https:') ? 'https' : 'http';
  return `${scheme}://${pid.slice(pid.lastIndexOf('@') + 1)}`;
}

/**
 * Returns the virtual path of a task's sandbox in the agent's files endpoints. A pod's task has its own in that of its
 * executor; before its first status that is not known, and the path is the executor's.
 */
export function sandboxOf(task: Task): string {
  const executor = task.executor_id?.value || task.task_id.value;
  const run = `/frameworks/${task.framework_id.value}/executors/${executor}/runs/latest`;
  return run + nestedPath(nestedContainerOf(task));
}

/** Returns the container that a task has by its statuses, where that is nested in its executor's. */
export function nestedContainerOf({ statuses = [] }: Task): ContainerID | undefined {
  const ids = statuses.map(({ container_status }) => container_status?.container_id);
  return ids.findLast(id => id?.parent !== undefined);
}

function nestedPath(id: ContainerID | undefined): string {
  return id?.parent === undefined ? '' : `${nestedPath(id.parent)}/containers/${id.value}`;
}
