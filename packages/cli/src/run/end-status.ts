import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type Task, type TaskStatus } from '@meseta/protocol';
import { findTask } from '../find-task.ts';
import type { Masters } from '../masters.ts';

/** How long the last status of a task is waited for, and the times between two looks, in milliseconds. */
const [limitMs, firstPauseMs, longestPauseMs] = [30_000, 50, 1000];

/**
 * Returns the status with which a task has ended. A master learns the state of a task with any of its statuses, and the last
 * status only when the framework has acknowledged those before it: until then, it is waited for.
 *
 * @param task has ended.
 * @param signal ends the wait.
 * @returns the state alone when the status does not come, as that of an agent that was lost.
 */
export async function endStatusOf(masters: Masters, task: Task, signal?: AbortSignal): Promise<TaskStatus> {
  const { task_id, framework_id, state } = task;
  const deadline = performance.now() + limitMs;
  let seen = task;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const end = seen.statuses?.findLast(status => isTerminal(status.state));
    if (end) return end;
    if (signal?.aborted || performance.now() > deadline) return { task_id, state };
    await delay(pauseMs, undefined, signal ? { signal } : {}).catch(() => undefined); // the signal is looked at above
    seen = await findTask(masters.client, task_id.value, framework_id.value).catch(async () => {
      await masters.find().catch(() => undefined); // none leads yet: it is looked for again
      return seen;
    });
  }
}
