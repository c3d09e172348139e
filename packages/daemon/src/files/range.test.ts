import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRange } from './range.ts';

const cases: [header: string | undefined, start: number | 'unsatisfiable' | undefined, end?: number][] = [
  [undefined, undefined],
  ['bytes=0-', 0, 10],
  ['bytes=3-5', 3, 6],
  ['bytes=3-99', 3, 10],
  ['bytes=-4', 6, 10],
  ['bytes=-99', 0, 10],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=99-100', 'unsatisfiable'],
  ['bytes=5-3', undefined],
  ['bytes=0-1,3-4', undefined],
  ['bytes=a-', undefined],
  ['bytes=-', undefined],
  ['lines=0-', undefined],
];
for (const [header, start, end] of cases) {
  test(`range ${header} of ten bytes`, () => {
    assert.deepEqual(parseRange(header, 10), typeof start === 'number' ? { start, end } : start);
  });
}

test('an empty file has no range', () => assert.equal(parseRange('bytes=0-', 0), 'unsatisfiable'));
