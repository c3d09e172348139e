import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskState, TaskStatus } from './gen/messages.ts';
import { addStatus } from './status-history.ts';

const status = (state: TaskState, message: string): TaskStatus => ({ task_id: { value: 't' }, state, message });
const messages = (history: readonly TaskStatus[]) => history.map(({ message }) => message);

test('a state that is repeated is kept once, without data', () => {
  const running = addStatus(addStatus([], status('TASK_STARTING', 'a')), status('TASK_RUNNING', 'b'));
  const history = addStatus(running, { ...status('TASK_RUNNING', 'c'), data: 'AAAA' });
  assert.deepEqual(messages(history), ['a', 'c']);
  assert.ok(!history.some(({ data }) => data !== undefined));
});

test('of states without end, the first and the latest are kept', () => {
  let history: TaskStatus[] = [];
  for (let i = 0; i < 1000; i++) history = addStatus(history, status(i % 2 ? 'TASK_RUNNING' : 'TASK_STARTING', `${i}`));
  assert.equal(history.length, 50);
  assert.deepEqual([messages(history)[0], messages(history)[1], messages(history).at(-1)], ['0', '951', '999']);
});
