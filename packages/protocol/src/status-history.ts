import type { TaskStatus } from './gen/messages.ts';

/** Far more than a task has that goes from state to state as it should. */
const maximumStatuses = 50;

/**
 * Adds a status to the history of a task: repetitions of one state are kept once, and `data` is left out, as it may be
 * large. Of an executor that goes back and forth between states, the first status and the latest ones are kept.
 */
export function addStatus(history: readonly TaskStatus[] = [], status: TaskStatus): TaskStatus[] {
  const { data: _, ...kept } = status;
  const before = history.at(-1)?.state === status.state ? history.slice(0, -1) : history;
  const excess = Math.max(0, before.length + 1 - maximumStatuses);
  const dropped = excess > 0 ? before.toSpliced(1, excess) : before;
  // Not `push`: an array that has grown keeps space for more, and a master has a hundred thousand of them.
  return dropped.concat(kept);
}
