import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError, encodeRecord, RecordDecoder } from './index.ts';

test('records survive however the stream is cut', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(texts, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (records, cuts) => {
      const stream = Buffer.concat(records.map(encodeRecord));
      const decoder = new RecordDecoder();
      const read: string[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const next = at + (cuts[turn % cuts.length] ?? 1);
        read.push(...decoder.push(stream.subarray(at, next)).map(String));
        at = next;
      }
      assert.deepEqual(read, records);
      assert.ok(decoder.idle);
    }),
  );
});

for (const stream of ['x\n', '-1\n', '12345678901234567890', '1000\n', '\n']) {
  test(`refuses ${JSON.stringify(stream)}`, () => {
    assert.throws(() => new RecordDecoder(999).push(Buffer.from(stream)), DecodeError);
  });
}
