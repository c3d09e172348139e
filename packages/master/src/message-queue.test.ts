import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageQueue } from './message-queue.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test('work runs at once when nothing waits, in order, and what it throws is told', async () => {
  const failures: unknown[] = [];
  const ran: number[] = [];
  const queue = new MessageQueue(error => failures.push(error));
  queue.push(() => ran.push(0));
  assert.deepEqual(ran, [0]);
  for (let index = 1; index < 5; index++) {
    queue.push(() => {
      ran.push(index);
      if (index === 2) throw new Error('two');
    });
  }
  while (queue.length > 0) await turn();
  assert.deepEqual(ran, [0, 1, 2, 3, 4]);
  assert.deepEqual(failures, [new Error('two')]);
});

test('others get their turn between slices of work', async () => {
  const queue = new MessageQueue(assert.ifError);
  const log: string[] = [];
  for (let index = 0; index < 6; index++) {
    queue.push(() => {
      spin(10);
      log.push('work');
    });
  }
  const other = async () => {
    while (queue.length > 0) {
      log.push('other');
      await turn();
    }
  };
  await other();
  assert.equal(log.filter(each => each === 'work').length, 6);
  // No two pieces that fill a slice each follow one another.
  assert.doesNotMatch(log.join(' '), /work work/);
});
