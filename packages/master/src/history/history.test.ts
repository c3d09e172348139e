import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, windows } from './history.ts';
import type { Series } from './series.ts';
import { masterSeries } from './series.ts';

const series: readonly Series[] = [
  { name: 'tasks', metric: 'tasks', shows: 'value', minute: 'mean' },
  { name: 'delay', metric: 'delay', shows: 'value', minute: 'max' },
  { name: 'updates_per_sec', metric: 'updates', shows: 'per second', minute: 'mean' },
];

/** A whole day since the epoch. */
const start = 1_700_006_400_000;

/** A history with samples: seconds after `start`, then the readings. */
function historyOf(...samples: [seconds: number, tasks: number, delay: number, updates: number][]): History {
  const history = new History(series);
  for (const [seconds, ...readings] of samples) history.record(start + seconds * 1000, readings);
  return history;
}

const at = (seconds: number) => start + seconds * 1000;

function read(history: History, window: '1h' | '24h', name: string, since: number): (number | null)[] {
  const values = history.values(window, history.span(window, at(0), since), name);
  return JSON.parse(JSON.stringify(values));
}

test('all samples of all series take less than 2 MiB', () => {
  const { byteLength } = new History(masterSeries);
  const slots = windows['1h'].size + windows['24h'].size;
  assert.equal(byteLength, slots * (masterSeries.length + 1) * 8);
  assert.ok(byteLength < 2 * 1024 * 1024, `${byteLength} bytes`);
});

test('the windows are an hour and a day', () => {
  assert.deepEqual(
    Object.values(windows).map(({ stepMs, size }) => stepMs * size),
    [3_600_000, 86_400_000],
  );
});

test('every name is there once', () => {
  const names = masterSeries.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  for (const name of names) assert.match(name, /^[\w/]+$/);
});

test('a counter is shown as what it grows by in a second', () => {
  const history = historyOf([2.5, 0, 0, 100], [7.5, 0, 0, 150], [12.5, 0, 0, 150], [22.5, 0, 0, 900], [27.5, 0, 0, 10]);
  // Nothing is known before the first sample, over a gap, and when the counter began anew.
  assert.deepEqual(read(history, '1h', 'updates_per_sec', at(0)), [null, 10, 0, null, null, null]);
});

test('a rate is of the time that has passed, not of the length of a slot', () => {
  const history = historyOf([2.5, 0, 0, 0], [9.5, 0, 0, 70]);
  assert.deepEqual(read(history, '1h', 'updates_per_sec', at(0)), [null, 10]);
});

test('a minute is the mean of its samples, or the largest', () => {
  const history = historyOf([2.5, 1, 5, 0], [7.5, 2, 50, 10], [57.5, 6, 7, 0], [62.5, 9, 9, 0]);
  assert.deepEqual(read(history, '24h', 'tasks', at(0)), [3]);
  assert.deepEqual(read(history, '24h', 'delay', at(0)), [50]);
  assert.deepEqual(read(history, '24h', 'updates_per_sec', at(0)), [2]);
  assert.deepEqual(history.times('24h', history.span('24h', at(0), at(0))), [at(57.5)]);
});

test('a minute without samples is empty, and so is one without values', () => {
  const history = historyOf([2.5, 1, 1, 0], [182.5, Number.NaN, 1, 0], [242.5, 1, 1, 0]);
  assert.deepEqual(read(history, '24h', 'tasks', at(0)), [1, null, null, null]);
  assert.deepEqual(read(history, '24h', 'delay', at(0)), [1, null, null, 1]);
});

const spans: { name: string; since: number | undefined; from: number; until: number }[] = [
  { name: 'the whole window', since: undefined, from: -3590, until: 10 },
  { name: 'what is new', since: 5, from: 5, until: 10 },
  { name: 'nothing is new', since: 10, from: 10, until: 10 },
  { name: 'a time within a slot', since: 7, from: 5, until: 10 },
  { name: 'a time before the window', since: -9999, from: -3590, until: 10 },
  { name: 'the slot that the sample before a restart was in', since: 15, from: 15, until: 15 },
  { name: 'a time of a clock that was set back', since: 999, from: -3590, until: 10 },
];
for (const { name, since, from, until } of spans) {
  test(`an answer: ${name}`, () => {
    const span = historyOf([2.5, 0, 0, 0], [7.5, 0, 0, 0]).span(
      '1h',
      at(8),
      since === undefined ? undefined : at(since),
    );
    assert.deepEqual(span, { stepMs: 5000, from: at(from), until: at(until) });
  });
}

test('before the first sample the window is empty', () => {
  const history = historyOf();
  const span = history.span('1h', at(7));
  assert.deepEqual(span, { stepMs: 5000, from: at(-3595), until: at(5) });
  assert.ok(history.times('1h', span).every(Number.isNaN));
});
