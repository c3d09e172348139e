import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  amount,
  bytes,
  count,
  countOf,
  duration,
  exactDuration,
  megabytes,
  moment,
  rangesText,
  trimmed,
  wordOf,
} from './format.ts';

test('values as people read them', () => {
  assert.deepEqual([0, 512, 1536, 1024 * 1024 * 2.5].map(megabytes), ['0 MB', '512 MB', '1.5 GB', '2.5 TB']);
  assert.deepEqual([10, 2_000_000].map(bytes), ['1 kB', '1.91 MB']);
  assert.deepEqual([0.25, 12, 12.34, 1000].map(trimmed), ['0.25', '12', '12.3', '1,000']);
  assert.deepEqual([0.005, 0.0012, 0.015, 1e-17, 0].map(trimmed), ['0.005', '0.0012', '0.015', '0', '0']);
  assert.deepEqual(['TASK_GONE_BY_OPERATOR', 'REASON_TASK_INVALID', 'active'].map(wordOf), [
    'gone by operator',
    'task invalid',
    'active',
  ]);
  assert.deepEqual([0.5, 5, 90, 7300, 200_000].map(duration), ['0 s', '5 s', '1 min', '2 h', '2 d']);
  assert.deepEqual([0, 1.5, 59, 60, 5400, 86_400, 90_061].map(exactDuration), [
    '0 s',
    '1.5 s',
    '59 s',
    '1 min',
    '1 h 30 min',
    '1 d',
    '1 d 1 h 1 min 1 s',
  ]);
  assert.deepEqual([count(1, 'task'), count(2000, 'task')], ['1 task', '2,000 tasks']);
  assert.deepEqual([countOf(1, 2000, 'task'), countOf(1, 1, 'task')], ['1 of 2,000 tasks', '1 task']);
  assert.deepEqual([amount('mem', 512), amount('cpus', 0.5), amount('bananas', 3)], ['512 MB', '0.5', '3']);
  assert.equal(
    rangesText([
      { begin: 80, end: 80 },
      { begin: 31_000, end: 31_009 },
    ]),
    '80, 31000-31009',
  );
});

test('moments of today have no date', () => {
  const noon = new Date(2026, 10, 30, 12, 0, 0).getTime();
  assert.equal(moment(noon / 1000, noon + 1000), '12:00:00');
  assert.equal(moment(noon / 1000, noon + 86_400_000), '2026-11-30 12:00:00');
  assert.equal(moment(Number.NaN, noon), '');
  assert.equal(moment(0, noon).slice(0, 3), new Date(0).getTimezoneOffset() > 0 ? '196' : '197');
  assert.match(moment(253_402_000_000, noon), /^9999-12-/);
  for (const seconds of [1e12, 8.65e12, 1e300, -1e12, -1e300]) assert.equal(moment(seconds, noon), 'no valid time');
});
