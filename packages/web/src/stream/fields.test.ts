import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fields } from './fields.ts';

/** A message with one field that is a string. */
function message(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return Uint8Array.from([0x0a, (bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes]);
}

test('a text is the same whether it was there before or not, in any language', () => {
  const check = (text: string) => {
    for (const way of ['text', 'word', 'text', 'word'] as const) {
      const fields = new Fields(message(text));
      assert.ok(fields.next());
      assert.equal(fields[way](), text);
    }
  };
  const wellFormed = fc.string({ unit: 'grapheme', maxLength: 100 }).filter(text => text.isWellFormed());
  fc.assert(fc.property(wellFormed, check));
  // Bytes that are characters of one text and parts of characters of another one.
  for (const text of ['é', '\u00c3\u00a9', 'a\uFEFFb', '\uFEFF', '�', '', 'x'.repeat(97)]) check(text);
});
