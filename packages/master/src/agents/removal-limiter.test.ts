import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkId } from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import { shortSlices } from '../testing/short-slices.ts';
import { RemovalLimiter } from './removal-limiter.ts';

const ids = ['a', 'b', 'c'].map(id => checkId<'agent'>(id));

test('without a limit, many agents are removed over several turns of the event loop', async t => {
  const limiter = new RemovalLimiter(new FakeClock(), undefined);
  const removed: string[] = [];
  shortSlices(t);
  for (const id of ids) limiter.acquire(id, () => removed.push(id));
  await nextTurn();
  assert.deepEqual(removed, ['a']);
  assert.deepEqual(
    ids.map(id => limiter.has(id)),
    [false, true, true],
  );
  await nextTurn();
  await nextTurn();
  assert.deepEqual(removed, ids);
});

test('none is removed after the end of the term', async () => {
  const limiter = new RemovalLimiter(new FakeClock(), undefined);
  limiter.acquire(checkId('a'), () => assert.fail('removed'));
  limiter.stop();
  await nextTurn();
});

test('with a limit, one is removed at a time, whatever the time of the machine is set to', () => {
  const clock = new FakeClock();
  const limiter = new RemovalLimiter(clock, { permits: 2, intervalMs: 1000 });
  const removed: string[] = [];
  for (const id of ids) limiter.acquire(id, () => removed.push(id));
  clock.advance(0);
  assert.deepEqual(removed, ['a']);
  clock.advance(499);
  clock.set(-3_600_000);
  assert.deepEqual(removed, ['a']);
  clock.advance(1);
  assert.deepEqual(removed, ['a', 'b']);
});
