import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowSet } from './row-set.ts';

test('a set of rows has what was added since it was cleared, each row once', () => {
  const steps = fc.array(fc.oneof(fc.nat(300), fc.constant('clear' as const)));
  fc.assert(
    fc.property(steps, steps => {
      const set = new RowSet();
      const expected = new Set<number>();
      for (const step of steps) {
        if (step === 'clear') {
          set.clear();
          expected.clear();
        } else {
          set.add(step);
          expected.add(step);
        }
        assert.deepEqual(set.rows, [...expected]);
        assert.equal(set.size, expected.size);
      }
      for (let row = 0; row < 400; row++) assert.equal(set.has(row), expected.has(row));
    }),
  );
});
