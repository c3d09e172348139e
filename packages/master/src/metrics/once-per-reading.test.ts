import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '@meseta/telemetry';
import { oncePerReading } from './once-per-reading.ts';

/** Two gauges that read one count, which says how often it was made. */
function metricsOfOneCount(): { metrics: Metrics; counted: () => number } {
  let counted = 0;
  const metrics = new Metrics();
  const count = oncePerReading(metrics, function* () {
    yield;
    return ++counted;
  });
  for (const name of ['one', 'other']) metrics.gauge(name, reading => count(reading));
  return { metrics, counted: () => counted };
}

test('a reading that takes several turns counts once', async () => {
  const { metrics, counted } = metricsOfOneCount();
  const entries: [string, number][] = [];
  for (const entry of metrics.entries()) {
    entries.push(entry);
    await new Promise(setImmediate);
  }
  assert.deepEqual(entries, [
    ['one', 1],
    ['other', 1],
  ]);
  assert.equal(counted(), 1);
});

test('readings at the same time count once each, and the next one anew', () => {
  const { metrics, counted } = metricsOfOneCount();
  const [first, second] = [metrics.entries(), metrics.entries()];
  assert.deepEqual(
    [first.next().value, second.next().value],
    [
      ['one', 1],
      ['one', 2],
    ],
  );
  assert.deepEqual(first.next().value, ['other', 1]);
  assert.deepEqual(second.next().value, ['other', 2]);
  assert.equal(counted(), 2);
  const lines = [...metrics.prometheus()].join('').split('\n');
  assert.deepEqual(
    lines.filter(line => /^o/.test(line)),
    ['one 3', 'other 3'],
  );
  assert.deepEqual(metrics.snapshot(), { one: 4, other: 4 });
});
