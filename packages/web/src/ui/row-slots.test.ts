import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { slotsOf } from './row-slots.ts';

const range = (first: number, size: number) => ({ first, end: first + size });

describe('the elements of a table', () => {
  test('show each row of the range once, in order when the table is at rest', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 60 }), fc.nat(1000), (first, size, firstAtRest) => {
        const expected = Array.from({ length: size }, (_, at) => first + at);
        const shown = slotsOf(range(first, size), firstAtRest).map(({ index }) => index);
        assert.deepEqual(
          shown.toSorted((a, b) => a - b),
          expected,
        );
        assert.deepEqual(
          slotsOf(range(first, size), first).map(({ index }) => index),
          expected,
        );
      }),
    );
    assert.deepEqual(slotsOf(range(0, 0), 0), []);
  });

  test('keep their order and their rows while others come into sight', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 60 }), fc.nat(60), (first, size, by) => {
        const before = slotsOf(range(first, size), first);
        const after = slotsOf(range(first + by, size), first);
        assert.deepEqual(
          after.map(({ slot }) => slot),
          before.map(({ slot }) => slot),
        );
        const staying = before.filter(({ index }) => index >= first + by);
        for (const { slot, index } of staying) assert.equal(after.find(one => one.slot === slot)?.index, index);
      }),
    );
  });
});
