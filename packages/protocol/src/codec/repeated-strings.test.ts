import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LONGEST, repeatedString } from './repeated-strings.ts';

test('strings are read as Node reads them, whatever was read before', () => {
  // Few different bytes, so that strings repeat and nearly repeat; some are no UTF-8.
  const bytes = fc.array(fc.constantFrom(0x00, 0x61, 0x62, 0x7f, 0x80, 0xc3, 0xa4, 0xff), { maxLength: 6 });
  const texts = fc.oneof(bytes, bytes, fc.array(fc.nat(255), { maxLength: LONGEST }));
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 50 }), fc.nat(3), (all, before) => {
      for (const each of all) {
        const buffer = Buffer.from([...Array<number>(before).fill(0x61), ...each, 0x62]);
        const end = before + each.length;
        assert.equal(repeatedString(buffer, before, end), buffer.toString('utf8', before, end));
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
