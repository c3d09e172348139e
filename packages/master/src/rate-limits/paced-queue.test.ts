import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@meseta/system/testing';
import { PacedQueue } from './paced-queue.ts';

function scene(qps: number, capacity = 100) {
  const clock = new FakeClock();
  const done: string[] = [];
  const failures: unknown[] = [];
  const queue = new PacedQueue<string>({ qps, capacity }, clock, error => failures.push(error));
  const push = (key: string, name: string) => queue.push(key, () => done.push(name));
  return { clock, done, failures, queue, push };
}

test('the first runs at once, the others at the rate, in order', () => {
  const { clock, done, push } = scene(10);
  for (const name of ['1', '2', '3']) assert.ok(push('a', name));
  assert.deepEqual(done, ['1']);
  clock.advance(99);
  assert.deepEqual(done, ['1']);
  clock.advance(1);
  assert.deepEqual(done, ['1', '2']);
  clock.advance(100);
  assert.deepEqual(done, ['1', '2', '3']);
  assert.equal(clock.pending, 0);
});

test('idle time gives no burst', () => {
  const { clock, done, push } = scene(10);
  push('a', '1');
  clock.advance(60_000);
  for (const name of ['2', '3', '4']) push('a', name);
  assert.deepEqual(done, ['1', '2']);
  clock.advance(100);
  assert.deepEqual(done, ['1', '2', '3']);
});

test('keys take turns, and each keeps its order', () => {
  const { clock, done, push } = scene(10);
  for (const name of ['a1', 'a2', 'a3', 'a4']) push('a', name);
  for (const name of ['b1', 'b2']) push('b', name);
  clock.advance(10_000);
  assert.deepEqual(done, ['a1', 'a2', 'b1', 'a3', 'b2', 'a4']);
});

test('what is beyond the capacity is refused; there is room again when something ran', () => {
  const { clock, done, queue, push } = scene(10, 2);
  assert.deepEqual(
    ['1', '2', '3', '4'].map(name => push('a', name)),
    [true, true, true, false],
  );
  assert.equal(queue.length, 2);
  clock.advance(100);
  assert.equal(push('a', '5'), true);
  clock.advance(10_000);
  assert.deepEqual(done, ['1', '2', '3', '5']);
});

test('a capacity of zero refuses everything', () => {
  assert.equal(scene(10, 0).push('a', '1'), false);
});

test('what comes after needs no room, and waits for its own key only', () => {
  const { clock, done, queue, push } = scene(10, 1);
  queue.pushAfter('a', () => done.push('at once'));
  push('a', '1');
  push('a', '2');
  queue.pushAfter('a', () => done.push('after 2'));
  queue.pushAfter('b', () => done.push('of b'));
  assert.deepEqual(done, ['at once', '1', 'of b']);
  clock.advance(10_000);
  assert.deepEqual(done, ['at once', '1', 'of b', '2', 'after 2']);
});

test('work that fails does not stop the rest', () => {
  const { clock, done, failures, queue, push } = scene(10);
  push('a', '1');
  queue.push('a', () => {
    throw new Error('broken');
  });
  push('a', '3');
  clock.advance(10_000);
  assert.deepEqual([done, failures.length], [['1', '3'], 1]);
});

test('a high rate is kept with timers that come late, and a clock that is set does not matter', () => {
  const { clock, done, push } = scene(1000, 10_000);
  for (let index = 0; index < 500; index++) push('a', String(index));
  clock.advance(500);
  assert.equal(done.length, 500);
  const back = scene(10);
  back.push('a', '1');
  back.push('a', '2');
  back.push('a', '3');
  back.clock.set(-3_600_000);
  back.clock.advance(100);
  back.clock.advance(100);
  assert.deepEqual(back.done, ['1', '2', '3']);
});

test('a stopped queue drops what waits', () => {
  const { clock, done, queue, push } = scene(10);
  push('a', '1');
  push('a', '2');
  queue.stop();
  clock.advance(10_000);
  assert.deepEqual([done, queue.length, clock.pending], [['1'], 0, 0]);
});
