import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConcurrencyLimit } from './concurrency-limit.ts';

/** Work that is recorded when it begins, and ends when the test says so. */
function recorder(limit: ConcurrencyLimit) {
  const begun: string[] = [];
  return {
    begun,
    start(name: string, signal?: AbortSignal) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const work = () => {
        begun.push(name);
        return promise;
      };
      return { outcome: limit.run(work, signal), end: () => resolve(name), fail: () => reject(new Error(name)) };
    },
  };
}

test('work beyond the limit waits in order of arrival', async () => {
  const { begun, start } = recorder(new ConcurrencyLimit(2));
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => start(name));
  await nextTurn();
  assert.deepEqual(begun, ['a', 'b']);
  b!.end();
  assert.equal(await b!.outcome, 'b');
  await nextTurn();
  assert.deepEqual(begun, ['a', 'b', 'c']);
  for (const each of [a, c, d]) each!.end();
  assert.deepEqual(await Promise.all([a!.outcome, c!.outcome, d!.outcome]), ['a', 'c', 'd']);
});

test('work that fails makes room for other work', async () => {
  const { begun, start } = recorder(new ConcurrencyLimit(1));
  const [a, b] = [start('a'), start('b')];
  a.fail();
  await assert.rejects(a.outcome, { message: 'a' });
  b.end();
  assert.equal(await b.outcome, 'b');
  assert.deepEqual(begun, ['a', 'b']);
});

test('work is not begun once its signal is aborted, and takes no room', async () => {
  const { begun, start } = recorder(new ConcurrencyLimit(1));
  const stop = new AbortController();
  const [a, b, c] = [start('a'), start('b', stop.signal), start('c')];
  await nextTurn();
  stop.abort();
  assert.equal(await b.outcome, undefined);
  assert.equal(await start('d', stop.signal).outcome, undefined);
  a.end();
  c.end();
  assert.deepEqual(await Promise.all([a.outcome, c.outcome]), ['a', 'c']);
  assert.deepEqual(begun, ['a', 'c']);
});

test('a signal that is aborted after the work began changes nothing', async () => {
  const { start } = recorder(new ConcurrencyLimit(1));
  const stop = new AbortController();
  const a = start('a', stop.signal);
  await nextTurn();
  stop.abort();
  a.end();
  assert.equal(await a.outcome, 'a');
});
