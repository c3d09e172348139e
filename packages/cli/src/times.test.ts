import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMoment, parseDuration, parseMoment, relative } from './times.ts';

const durations: [text: string, ms: number | undefined][] = [
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['30mins', 1_800_000],
  ['2hrs', 7_200_000],
  ['250ms', 250],
  ['0s', 0],
  ['', undefined],
  ['5', undefined],
  ['h', undefined],
  ['-1h', undefined],
  ['1h 30m', undefined],
  ['1y', undefined],
  ['1constructor', undefined],
  ['99999999999999999999d', undefined],
];
for (const [text, ms] of durations) {
  test(`the duration '${text}'`, () => assert.equal(parseDuration(text), ms));
}

const now = new Date(2026, 10, 29, 17, 30).getTime();
const moments: [text: string, at: number | undefined][] = [
  ['now', now],
  ['in 2h', now + 7_200_000],
  ['+90s', now + 90_000],
  ['22:00', new Date(2026, 10, 29, 22, 0).getTime()],
  ['7:05', new Date(2026, 10, 30, 7, 5).getTime()],
  ['17:30', now],
  ['tomorrow 22:00', new Date(2026, 10, 30, 22, 0).getTime()],
  ['2026-12-24', new Date(2026, 11, 24).getTime()],
  ['2026-12-24 22:00', new Date(2026, 11, 24, 22, 0).getTime()],
  ['2026-12-24T22:00:30', new Date(2026, 11, 24, 22, 0, 30).getTime()],
  ['2026-12-24T22:00Z', Date.UTC(2026, 11, 24, 22, 0)],
  ['2026-12-24T22:00+02:00', Date.UTC(2026, 11, 24, 20, 0)],
  ['2h', undefined],
  ['in two hours', undefined],
  ['24:00', undefined],
  ['12:60', undefined],
  ['2026-13-01', undefined],
  ['2026-02-29', undefined],
  ['2028-02-29', new Date(2028, 1, 29).getTime()],
  ['2026-11-31 22:00', undefined],
  ['tomorrow', undefined],
  ['', undefined],
];
for (const [text, at] of moments) {
  test(`the moment '${text}'`, () => assert.equal(parseMoment(text, now), at));
}

const distances: [offsetMs: number, text: string][] = [
  [0, 'now'],
  [7_199_999, 'in 2h'],
  [-300_000, '5m ago'],
  [86_400_000 + 3_599_000, 'in 1d1h'],
];
for (const [offset, text] of distances)
  test(`${offset} ms from now is ${text}`, () => assert.equal(relative(now + offset, now), text));

test('a moment is printed in the time of this machine', () => assert.equal(formatMoment(now), '2026-11-29 17:30'));
