import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SlicedQueue } from './sliced-queue.ts';

/** Holds the event loop for longer than a slice. */
function hold(): void {
  for (const end = performance.now() + 5; performance.now() < end; );
}

test('work is done later, in order, and a turn of the event loop lies between long pieces', async () => {
  const queue = new SlicedQueue();
  const done: (number | string)[] = [];
  for (let number = 0; number < 3; number++) {
    queue.push(() => {
      hold();
      done.push(number);
    });
  }
  assert.equal(done.length, 0);
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn();
    done.push('turn');
  }
  assert.deepEqual(done, [0, 'turn', 1, 'turn', 2, 'turn']);
});

test('short pieces are done in one turn, those that came from others too', async t => {
  t.mock.method(performance, 'now', () => 0);
  const queue = new SlicedQueue();
  const done: number[] = [];
  const add = (number: number) =>
    queue.push(() => {
      done.push(number);
      if (number < 100) add(number + 100);
    });
  for (let number = 0; number < 50; number++) add(number);
  await nextTurn();
  assert.deepEqual(done, [...Array(50).keys()].concat([...Array(50).keys()].map(number => number + 100)));
  queue.push(() => done.push(-1));
  await nextTurn();
  assert.equal(done.at(-1), -1);
});

test('an error does not keep the rest from being done', async t => {
  const queue = new SlicedQueue();
  const thrown = new Promise(resolve => {
    process.setUncaughtExceptionCaptureCallback(resolve);
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  queue.push(() => {
    throw new Error('no');
  });
  queue.push(() => resolve('done'));
  assert.match(String(await thrown), /no/);
  assert.equal(await promise, 'done');
});
