import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSlices, resultAtOnce, resultInSlices } from './in-slices.ts';

/** Steps that are written down, each of which takes longer than a slice. */
function* longSteps(done: (number | string)[], count: number): Generator<void> {
  for (let number = 0; number < count; number++) {
    for (const end = performance.now() + 5; performance.now() < end; );
    done.push(number);
    yield;
  }
}

test('steps are done at once while the slice lasts', t => {
  t.mock.method(performance, 'now', () => 0);
  let done = 0;
  const steps = (function* () {
    for (; done < 10; done++) yield;
  })();
  assert.equal(inSlices(steps), undefined);
  assert.equal(done, 10);
});

test('a turn of the event loop lies between long steps', async () => {
  const done: (number | string)[] = [];
  const others = (turn: number) => {
    done.push('turn');
    if (turn < 2) setImmediate(() => others(turn + 1));
  };
  setImmediate(() => others(1));
  const rest = inSlices(longSteps(done, 3));
  assert.deepEqual(done, [0], 'the first is done at once');
  await rest;
  assert.deepEqual(done, [0, 'turn', 1, 'turn', 2]);
});

test('an error of a later step is that of the promise', async () => {
  const done: (number | string)[] = [];
  const steps = (function* (): Generator<void> {
    yield* longSteps(done, 1);
    throw new Error('no');
  })();
  await assert.rejects(inSlices(steps) ?? Promise.resolve(), /no/);
  assert.deepEqual(done, [0]);
});

test('steps may have a result: at once while the slice lasts, or later, or all at once', async () => {
  const steps = function* (done: (number | string)[], count: number) {
    yield* longSteps(done, count);
    return done;
  };
  assert.deepEqual(resultInSlices(steps([], 0)), []);
  const done: (number | string)[] = [];
  const result = resultInSlices(steps(done, 3));
  assert.ok(result instanceof Promise);
  assert.deepEqual(done, [0], 'the first is done at once');
  assert.deepEqual(await result, [0, 1, 2]);
  assert.deepEqual(resultAtOnce(steps([], 3)), [0, 1, 2]);
});
