/** The time of an isolator of commands; all else is in the conformance tests. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, FakeClock } from '@meseta/system/testing';
import { setUp } from '../testing/harness.ts';
import { config, id } from '../testing/messages.ts';

test('a watch is polled once in isolator_watch_frequence seconds of its clock', async context => {
  const clock = new FakeClock();
  const { isolator, directory, close } = await setUp({
    ...{ mode: 'fork', clock },
    scripts: { watch: 'echo >> "$0.runs"' },
    parameters: { isolator_watch_frequence: '3600' },
  });
  context.after(close);
  const file = join(directory, 'scripts/watch.runs');
  const runs = () => (existsSync(file) ? readFileSync(file, 'utf8').length : 0);
  await isolator.prepare!(id, config);
  const stop = new AbortController();
  const watch = isolator.watch!(id, stop.signal);
  for (const expected of [1, 2, 3]) {
    await eventually(`run ${expected} and the wait after it`, () => runs() === expected && clock.pending === 1);
    clock.advance(3_599_999);
    assert.equal(clock.pending, 1);
    clock.advance(1);
  }
  await eventually('a last run', () => clock.pending === 1);
  assert.equal(runs(), 4);
  stop.abort();
  assert.equal(await watch, undefined);
  assert.equal(clock.pending, 0);
});

test('the usage of a module that has none is the time of its clock', async context => {
  const { isolator, close } = await setUp({ mode: 'fork', clock: new FakeClock(5000), scripts: {} });
  context.after(close);
  assert.deepEqual(await isolator.usage!(id), { timestamp: 5 });
});
