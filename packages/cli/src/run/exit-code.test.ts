import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskState } from '@meseta/protocol';
import { exitCodeOf } from './exit-code.ts';

const cases: [state: TaskState, message: string | undefined, code: number][] = [
  ['TASK_FINISHED', 'Command exited with status 0', 0],
  ['TASK_FAILED', 'Command exited with status 3', 3],
  ['TASK_FAILED', 'Command exited with status 137', 137],
  ['TASK_FAILED', 'Command terminated with signal Killed', 137],
  ['TASK_KILLED', 'Command terminated with signal Terminated', 143],
  ['TASK_FAILED', 'Command terminated with signal Segmentation fault', 139],
  ['TASK_KILLED', 'Command exited with status 0', 0],
  ['TASK_KILLED', 'A kill task request was received before the task was launched', 130],
  ['TASK_FINISHED', undefined, 0],
  ['TASK_ERROR', 'Total resources … is more than available …', 1],
  ['TASK_LOST', undefined, 1],
];
for (const [state, message, code] of cases) {
  test(`${state} ${message ?? 'without a message'} is ${code}`, () => {
    assert.equal(exitCodeOf({ task_id: { value: 't' }, state, ...(message ? { message } : {}) }), code);
  });
}
