import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slice } from './slice.ts';

test('long work gives way to others, and goes on in a slice of its own', async () => {
  const slice = new Slice();
  assert.equal(slice.giveWay(), undefined, 'not before its time is over');
  let others = 0;
  setImmediate(() => others++);
  while (!slice.isOver);
  await slice.giveWay();
  assert.equal(others, 1);
  assert.equal(slice.isOver, false);
});
