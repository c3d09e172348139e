import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readableDuration } from './readable-duration.ts';

const formatted: [ms: number, text: string][] = [
  [3_599_000, '59m59s'],
  [0, '0s'],
  [7_200_000, '2h'],
  [5_400_000, '1h30m'],
  [90_061_000, '1d1h1m1s'],
];
for (const [ms, text] of formatted) test(`${ms} ms are ${text}`, () => assert.equal(readableDuration(ms), text));
