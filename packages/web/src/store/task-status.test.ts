import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, type TaskStatus } from '@meseta/protocol';
import { messageType } from '@meseta/protocol/browser';
import { Fields } from '../stream/fields.ts';
import { isRepeated } from './task-status.ts';

const fieldsOf = (status: Partial<TaskStatus>) =>
  new Fields(
    encode(messageType<TaskStatus>('mesos.v1.TaskStatus'), {
      task_id: { value: 'task' },
      state: 'TASK_FAILED',
      ...status,
    }),
  );

const failed: Partial<TaskStatus> = {
  message: 'too big',
  source: 'SOURCE_AGENT',
  reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
  healthy: false,
};

test('a status is repeated when it comes again with another time and another uuid', () => {
  const first = fieldsOf({ ...failed, timestamp: 1, uuid: 'AAAA' });
  assert.ok(isRepeated(first, fieldsOf({ ...failed, timestamp: 2, uuid: 'BBBBBBBB' })));
  assert.ok(isRepeated(fieldsOf({}), fieldsOf({ timestamp: 2 })));
});

const others: readonly Partial<TaskStatus>[] = [
  { state: 'TASK_LOST' },
  { message: 'too bog' },
  { message: 'too big a file' },
  { message: undefined },
  { source: 'SOURCE_EXECUTOR' },
  { reason: 'REASON_CONTAINER_LIMITATION_DISK' },
  { reason: undefined },
  { healthy: true },
  { healthy: undefined },
];

for (const other of others) {
  test(`a status with ${Object.entries(other).join()} is another one`, () => {
    assert.ok(!isRepeated(fieldsOf(failed), fieldsOf({ ...failed, ...other })));
    assert.ok(!isRepeated(fieldsOf({ ...failed, ...other }), fieldsOf(failed)));
  });
}
