import { isTerminal, type Task } from '@meseta/protocol';

/**
 * True while a task holds resources: neither terminal nor unreachable. A task may be terminal (its latest state, told
 * by the agent) while the framework has only been sent an earlier one.
 */
export function holdsResources(task: Task): boolean {
  return !isTerminal(task.state) && task.state !== 'TASK_UNREACHABLE';
}

/** How many of a framework's unreachable tasks count as such: the others were told to be lost, and count as that. */
export function countUnreachable(tasks: Iterable<Task>): number {
  return [...tasks].filter(({ state }) => state === 'TASK_UNREACHABLE').length;
}
