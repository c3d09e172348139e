import { isTerminal, type Task } from '@meseta/protocol';

/**
 * Tells whether a task holds resources: it is neither terminal nor unreachable. A task may be terminal (by the latest
 * state from the agent) while the framework was only sent an earlier state.
 */
export function holdsResources(task: Task): boolean {
  return !isTerminal(task.state) && task.state !== 'TASK_UNREACHABLE';
}

/**
 * Returns how many of a framework's unreachable tasks count as unreachable. The others were reported as lost, and count
 * as lost.
 */
export function countUnreachable(tasks: Iterable<Task>): number {
  return [...tasks].filter(({ state }) => state === 'TASK_UNREACHABLE').length;
}
