import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskStatus } from '@meseta/protocol';
import { backoffMs } from './backoff.ts';
import { deadlineMs, newLiveness, onEvent } from './liveness.ts';
import { Pending } from './pending.ts';

test('back-off doubles to the maximum, of it at least half', () => {
  assert.deepEqual(
    [1, 2, 3, 4].map(failures => backoffMs(failures, 5000, 1)),
    [1000, 2000, 4000, 5000],
  );
  assert.deepEqual(
    [1, 2].map(failures => backoffMs(failures, 1000, 0)),
    [500, 500],
  );
});

test('the interval of heartbeats is learnt; any event is a sign of life', () => {
  let liveness = newLiveness(0);
  assert.equal(deadlineMs(liveness), undefined);
  liveness = onEvent(liveness, false, 5000);
  assert.equal(deadlineMs(liveness), undefined);
  liveness = onEvent(liveness, true, 15_000);
  assert.equal(deadlineMs(liveness), 75_000);
  liveness = onEvent(liveness, false, 20_000);
  assert.equal(deadlineMs(liveness), 80_000);
  liveness = onEvent(liveness, true, 45_000);
  assert.equal(deadlineMs(liveness), 165_000);
  assert.equal(deadlineMs(newLiveness(200_000, liveness.intervalMs)), 320_000);
});

const status = (uuid: string, state: TaskStatus['state']): TaskStatus => ({ task_id: { value: 't' }, state, uuid });

test('pending: order, acknowledgement, limit', () => {
  const pending = new Pending(2);
  pending.addTask({ name: 't', task_id: { value: 't' }, agent_id: { value: 'a' } });
  pending.addUpdate(status('1', 'TASK_STARTING'));
  pending.addUpdate(status('2', 'TASK_RUNNING'));
  pending.markSent('1');
  assert.equal(pending.next?.uuid, '2');
  assert.equal(pending.addUpdate(status('3', 'TASK_FINISHED'))?.uuid, '1');
  pending.acknowledge('t', '2');
  assert.deepEqual(pending.snapshot.unacknowledged_tasks, []);
  assert.deepEqual(
    pending.snapshot.unacknowledged_updates.map(({ status }) => status.uuid),
    ['3'],
  );
  assert.equal(pending.addUpdate(status('4', 'TASK_FAILED')), undefined);
  assert.equal(pending.addUpdate(status('5', 'TASK_FAILED')), undefined); // terminal ones are never forgotten
});
