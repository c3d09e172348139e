import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as node from './bytes.ts';
import * as browsers from './bytes-in-browsers.ts';

test('browsers read the same of bytes as Node.js', () => {
  const cut = fc
    .uint8Array({ minLength: 8, maxLength: 40 })
    .chain(bytes => fc.record({ bytes: fc.constant(bytes), start: fc.nat(bytes.length - 8), length: fc.nat(8) }));
  fc.assert(
    fc.property(cut, ({ bytes, start, length }) => {
      const read = (by: typeof browsers) => {
        const fast = by.fastBytes(bytes);
        const target = by.fastBytes(new Uint8Array(8));
        return {
          text: by.textAt(fast, start, start + length),
          base64: by.base64At(fast, start, start + length),
          double: by.doubleAt(fast, start),
          float: by.floatAt(fast, start),
          copied: by.copyTo(target, fast, start, start + length),
          target: [...target],
        };
      };
      assert.deepEqual(read(node as unknown as typeof browsers), read(browsers));
    }),
  );
});
