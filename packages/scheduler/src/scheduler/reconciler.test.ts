import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@meseta/system/testing';
import { Reconciler } from './reconciler.ts';
import { TaskLedger } from './task-ledger.ts';

function setUp(...ids: string[]) {
  const clock = new FakeClock();
  const ledger = new TaskLedger(ids.map(taskId => ({ taskId })));
  const asked: string[] = [];
  const reconciler = new Reconciler(ledger, clock, async tasks => {
    asked.push(tasks.map(({ task_id }) => task_id.value).join() || 'all');
  });
  const after = (ms: number) => {
    clock.advance(ms);
    return asked.splice(0);
  };
  return { clock, ledger, reconciler, after };
}

test('asks about each task and about all, and again about those without an answer, less and less often', async () => {
  const { ledger, reconciler, after } = setUp('x', 'y');
  await reconciler.begin();
  assert.deepEqual(after(0), ['x,y', 'all']);
  ledger.answered('x');
  assert.deepEqual(after(5000), ['y']);
  assert.deepEqual(after(5000), []);
  assert.deepEqual(after(5000), ['y']);
  assert.ok(after(3_600_000).length >= 59, 'never less often than once a minute');
});

test('asks about tasks out of reach until they are back or gone', async () => {
  const { ledger, reconciler, after } = setUp('x', 'y');
  await reconciler.begin();
  ledger.answered('x');
  ledger.answered('y');
  assert.deepEqual(after(5000), ['x,y', 'all']);
  const status = { task_id: { value: 'x' }, agent_id: { value: 'a' } };
  ledger.handled({ ...status, state: 'TASK_UNREACHABLE' });
  reconciler.watch();
  reconciler.watch();
  assert.deepEqual(after(5000), ['x']);
  assert.deepEqual(after(10_000), ['x']);
  ledger.handled({ ...status, state: 'TASK_GONE' });
  assert.deepEqual(after(120_000), []);
});

test('asks about everything again after a quarter of an hour', async () => {
  const { clock, ledger, reconciler, after } = setUp('x');
  await reconciler.begin();
  ledger.answered('x');
  assert.deepEqual(after(5000), ['x', 'all']);
  assert.deepEqual(after(14 * 60_000), []);
  clock.advance(60_000);
  await new Promise(setImmediate);
  assert.deepEqual(after(0), ['x', 'all']);
});

test('leaves no timer when it is stopped, also in the middle of a question', async () => {
  const { clock, reconciler } = setUp('x');
  const begun = reconciler.begin();
  reconciler.stop();
  await begun;
  assert.equal(clock.pending, 0);
  await reconciler.begin();
  reconciler.stop();
  assert.equal(clock.pending, 0);
});

test('names a thousand tasks in a call', async () => {
  const { reconciler, after } = setUp(...Array.from({ length: 2500 }, (_, index) => `t${index}`));
  await reconciler.begin();
  assert.deepEqual(
    after(0).map(words => words.split(',').length),
    [1000, 1000, 500, 1],
  );
});
