import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { RepeatedRemovals } from './repeated-removals.ts';
import { FakeClock } from './testing/fake-clock.ts';

/** Removals from a disk that refuses some. */
function bench() {
  const clock = new FakeClock();
  const bad = new Set<string>();
  const tries: string[] = [];
  const warnings: string[] = [];
  const held = new Map<string, Promise<void>>();
  const removals = new RepeatedRemovals<string>({
    async remove(key) {
      tries.push(key);
      await held.get(key);
      if (bad.has(key)) throw new Error(`EIO ${key}`);
    },
    onRefused: (key, { message }) => warnings.push(`${key}: ${message}`),
    clock,
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await turn();
  };
  return { clock, bad, held, tries, warnings, removals, pass };
}

test('what was refused is removed later, and reported once', async () => {
  const { clock, bad, tries, warnings, removals, pass } = bench();
  bad.add('a').add('b');
  await Promise.all(['a', 'b', 'c'].map(key => removals.remove(key)));
  await pass(100);
  assert.deepEqual(tries, ['a', 'b', 'c', 'a', 'b']);
  assert.deepEqual(warnings, ['a: EIO a', 'b: EIO b']);
  bad.clear();
  await pass(199);
  assert.equal(tries.length, 5); // pauses grow
  await pass(1);
  assert.deepEqual(tries.slice(5), ['a', 'b']);
  assert.equal(clock.pending, 0);
  bad.add('a');
  await removals.remove('a');
  assert.equal(warnings.length, 3); // another one
  await pass(100);
  assert.deepEqual(tries.slice(7), ['a', 'a']);
});

test('pauses end to grow, and begin anew when something was removed', async () => {
  const { bad, tries, removals, pass } = bench();
  bad.add('a').add('b');
  await Promise.all([removals.remove('a'), removals.remove('b')]);
  for (const ms of [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) await pass(ms);
  assert.equal(tries.length, 20);
  bad.delete('a');
  await pass(10_000);
  await pass(100);
  assert.deepEqual(tries.slice(20), ['a', 'b', 'b']);
});

test('what is kept again under a key is not removed', async () => {
  const { clock, bad, tries, removals, pass } = bench();
  bad.add('a');
  assert.equal(removals.reuse('a'), undefined);
  await removals.remove('a');
  await removals.reuse('a');
  assert.deepEqual(tries, ['a', 'a']); // for the last time
  await pass(60_000);
  assert.deepEqual(tries, ['a', 'a']);
  assert.equal(clock.pending, 0);
});

test('a removal under way is over before something is kept again', async () => {
  const { bad, held, tries, removals, pass } = bench();
  const { promise, resolve } = Promise.withResolvers<void>();
  held.set('a', promise);
  bad.add('a');
  const first = removals.remove('a');
  const second = removals.remove('a');
  let isOver = false;
  const reused = removals.reuse('a')?.then(() => {
    isOver = true;
  });
  await turn();
  assert.deepEqual([isOver, tries], [false, ['a']]);
  resolve();
  await Promise.all([first, second, reused]);
  assert.deepEqual(tries, ['a', 'a']);
  await pass(60_000);
  assert.deepEqual(tries, ['a', 'a']);
});

test('nothing is tried again after the end', async () => {
  const { clock, bad, tries, removals, pass } = bench();
  bad.add('a').add('b');
  await removals.remove('a');
  removals.close();
  assert.equal(clock.pending, 0);
  await removals.remove('b');
  await pass(60_000);
  assert.deepEqual(tries, ['a', 'b']);
});
