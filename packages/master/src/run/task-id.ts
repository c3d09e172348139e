/** The ids of tasks that were asked for without one. */
import { randomUUID } from 'node:crypto';
import { checkId, type TaskId } from '@meseta/protocol';

/**
 * Returns an id that begins with the name of the task. The rest is random and does not count, because a master does not know which ids
 * the masters before it gave.
 *
 * @param isTaken tells of the ids that are known: with 100,000 tasks of one name, the same eight digits come again.
 * @param random returns eight hexadecimal digits.
 */
export function newTaskId(name: string, isTaken: (id: TaskId) => boolean, random = eightDigits): TaskId {
  for (;;) {
    const made = checkId<'task'>(`${name}-${random()}`);
    if (!isTaken(made)) return made;
  }
}

function eightDigits(): string {
  return randomUUID().slice(0, 8);
}
