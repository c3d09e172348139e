import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatPercent } from './format.ts';

const sizes: [bytes: number, text: string][] = [
  [0, '0B'],
  [1023, '1023B'],
  [1024, '1KiB'],
  [1536, '1.5KiB'],
  [20_801_650, '19.8MiB'],
  [104_857_600, '100MiB'],
  [1024 * 1024 - 1, '1MiB'],
  [1024 ** 2 * 99.97, '100MiB'],
  [5 * 1024 ** 5, '5PiB'],
  [5000 * 1024 ** 5, '5000PiB'],
];
for (const [bytes, text] of sizes) {
  test(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes), text));
}

test('shares are percentages with one digit', () => {
  assert.deepEqual([0, 0.0004, 1, 2.5].map(formatPercent), ['0.0%', '0.0%', '100.0%', '250.0%']);
});
