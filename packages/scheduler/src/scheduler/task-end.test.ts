import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskStatus } from '@meseta/protocol';
import { isOver, isUnconfirmedEnd } from './task-end.ts';

const uuid = 'AAAA';
const cases: [status: Omit<TaskStatus, 'task_id'>, meaning: string][] = [
  [{ state: 'TASK_RUNNING', uuid }, 'progress'],
  [{ state: 'TASK_UNREACHABLE' }, 'progress'],
  [{ state: 'TASK_FAILED', uuid }, 'end'],
  [{ state: 'TASK_FAILED', reason: 'REASON_AGENT_REREGISTERED' }, 'unconfirmed end'],
  [{ state: 'TASK_FINISHED', reason: 'REASON_RECONCILIATION' }, 'unconfirmed end'],
  [{ state: 'TASK_KILLED', reason: 'REASON_RECONCILIATION' }, 'unconfirmed end'],
  [{ state: 'TASK_KILLED', reason: 'REASON_TASK_KILLED_DURING_LAUNCH' }, 'end'],
  [{ state: 'TASK_LOST', reason: 'REASON_RECONCILIATION' }, 'end'],
  [{ state: 'TASK_GONE', reason: 'REASON_RECONCILIATION' }, 'end'],
  [{ state: 'TASK_UNKNOWN', reason: 'REASON_RECONCILIATION' }, 'end'],
  [{ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' }, 'end'],
];
for (const [status, meaning] of cases) {
  const { state, reason, uuid: given } = status;
  test(`${state} ${reason ?? ''}${given ? ' of the agent' : ''} is ${meaning}`, () => {
    const whole = { task_id: { value: 't' }, ...status };
    assert.equal(isOver(whole), meaning === 'end');
    assert.equal(isUnconfirmedEnd(whole), meaning === 'unconfirmed end');
  });
}
