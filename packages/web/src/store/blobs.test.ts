import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Blobs } from './blobs.ts';

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

describe('bytes by row', () => {
  test('are what was set last, whatever else was set and deleted', () => {
    const step = fc.record({
      row: fc.nat(20),
      length: fc.oneof(fc.nat(100), fc.nat(2000), fc.integer({ min: 16_000, max: 40_000 })),
      value: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const [blobs, expected] = [new Blobs(), new Map<number, Uint8Array>()];
        for (const { row, length, value } of steps) {
          blobs.set(row, filled(length, value));
          expected.set(row, filled(length, value));
        }
        for (let row = 0; row <= 20; row++) assert.deepEqual(blobs.of(row), expected.get(row) ?? filled(0, 0));
        for (let row = 0; row <= 20; row += 2) blobs.delete(row);
        for (let row = 0; row <= 20; row++)
          assert.deepEqual(blobs.of(row), (row % 2 === 1 && expected.get(row)) || filled(0, 0));
      }),
    );
  });

  test('need no more memory, however often rows come and go', () => {
    const blobs = new Blobs();
    for (let row = 0; row < 10_000; row++) blobs.set(row, filled(300 + (row % 100), 1));
    const { allocated } = blobs;
    assert.ok(allocated < 10_000 * 350 * 1.2, `${allocated} bytes`);
    for (let round = 0; round < 100_000; round++) {
      const row = (round * 7919) % 10_000;
      blobs.delete(row);
      blobs.set(row, filled(300 + (row % 100), 2));
    }
    assert.equal(blobs.allocated, allocated);
    for (let row = 0; row < 10_000; row++) blobs.delete(row);
    assert.equal(blobs.allocated, 0);
  });
});
