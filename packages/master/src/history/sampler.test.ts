import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeClock } from '@meseta/system/testing';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { History } from './history.ts';
import { sampleMetrics, toNextMiddle } from './sampler.ts';

const start = 1_700_006_400_000;

function scene() {
  const clock = new FakeClock(start + 1000);
  const metrics = new Metrics();
  const history = new History([{ name: 'tasks', metric: 'tasks', shows: 'value', minute: 'mean' }]);
  const begin = () => sampleMetrics(history, { metrics, clock, log: silentLogger() });
  const times = () => {
    const all = history.times('1h', history.span('1h', clock.now(), start));
    return all.map(time => (Number.isNaN(time) ? null : (time - start) / 1000));
  };
  return { clock, metrics, history, begin, times };
}

test('a sample is taken now, and in the middle of each slot, until it is ended', async () => {
  const { clock, metrics, begin, times, history } = scene();
  metrics.gauge('tasks', () => clock.now() - start);
  const end = begin();
  for (const ms of [6500, 5000]) {
    await nextTurn();
    clock.advance(ms);
  }
  await nextTurn();
  assert.deepEqual(times(), [1, 7.5, 12.5]);
  assert.deepEqual(history.values('1h', history.span('1h', clock.now(), start), 'tasks'), [1000, 7500, 12500]);
  end();
  clock.advance(60_000);
  await nextTurn();
  assert.deepEqual([times().length, clock.pending], [3, 0]);
});

test('a reading that takes several turns has the time when it began', async () => {
  const { clock, metrics, begin, times } = scene();
  metrics.gauge('tasks', () => 1);
  let hadOthers = false;
  metrics.beforeReading(function* () {
    for (const end = performance.now() + 5000; !hadOthers && performance.now() < end; ) yield;
  });
  const end = begin();
  clock.advance(100);
  setImmediate(() => {
    hadOthers = true;
  });
  assert.deepEqual(times(), []);
  while (times().length === 0) await nextTurn();
  assert.deepEqual(times(), [1]);
  assert.ok(hadOthers);
  end();
});

test('what is not read in time is not recorded, and sampling goes on after an error', async () => {
  const { clock, metrics, begin, times } = scene();
  let fails = true;
  metrics.beforeReading(function* () {
    yield;
    if (fails) throw new Error('no');
  });
  metrics.gauge('tasks', () => 1);
  const end = begin();
  await nextTurn();
  fails = false;
  clock.advance(7000);
  await nextTurn();
  assert.deepEqual(times(), [null, 7.5]);
  end();
});

for (const [now, wait] of [
  [0, 7500],
  [2500, 5000],
  [4999, 2501],
  [5000, 7500],
] as const) {
  test(`${now} ms into a slot the next sample is in ${wait} ms`, () => assert.equal(toNextMiddle(start + now), wait));
}
