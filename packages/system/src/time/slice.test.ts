import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slice } from './slice.ts';

test('long work gives way to others, and goes on in a slice of its own', async t => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const slice = new Slice();
  assert.equal(slice.giveWay(), undefined, 'not before its time is over');
  let others = 0;
  setImmediate(() => others++);
  now += 1000;
  assert.equal(slice.isOver, true);
  await slice.giveWay();
  assert.equal(others, 1);
  assert.equal(slice.isOver, false);
});
