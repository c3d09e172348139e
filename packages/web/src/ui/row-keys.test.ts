import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRow } from './row-keys.ts';

const cases: readonly (readonly [key: string, current: number, rows: number, next: number | undefined])[] = [
  ['ArrowDown', -1, 3, 0],
  ['ArrowDown', 2, 3, 2],
  ['j', 0, 3, 1],
  ['ArrowUp', -1, 3, 0],
  ['k', 2, 3, 1],
  ['PageDown', 0, 100, 12],
  ['PageUp', 5, 100, 0],
  ['Home', 50, 100, 0],
  ['End', 0, 100_000, 99_999],
  ['End', 0, 0, undefined],
  ['x', 0, 3, undefined],
  ['constructor', 0, 3, undefined],
];

for (const [key, current, rows, next] of cases)
  test(`${key} in row ${current} of ${rows}`, () => assert.equal(nextRow(key, current, rows), next));
