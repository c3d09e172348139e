import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, type TaskStatus } from '@meseta/protocol';
import { messageType } from '@meseta/protocol/browser';
import fc from 'fast-check';
import { Fields } from './fields.ts';

/** A message with one field that is a string. */
function message(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const { length } = bytes;
  return Uint8Array.from([0x0a, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14, ...bytes]);
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

test('an id of any length is read, however its encoder has written it', () => {
  for (let length = 0; length <= 300; length++) {
    const value = 'x'.repeat(length);
    const written = encode(messageType<TaskStatus>('mesos.v1.TaskStatus'), {
      task_id: { value },
      state: 'TASK_RUNNING',
    });
    // With lengths of three bytes, the way of an encoder that fills them in later.
    const padded = message(value);
    const outer = Uint8Array.from([0x0a, (padded.length & 0x7f) | 0x80, padded.length >> 7, ...padded]);
    for (const bytes of [written, outer]) {
      const fields = new Fields(bytes);
      assert.ok(fields.next());
      assert.equal(fields.id(), value);
    }
  }
});

test('of a text that is longer than any row shows, the beginning is kept, in whole characters', () => {
  for (const [character, bytes] of [
    ['a', 1],
    ['é', 2],
    ['€', 3],
    ['😀', 4],
  ] as const) {
    for (const way of ['text', 'word'] as const) {
      const read = (text: string) => {
        const fields = new Fields(message(text));
        assert.ok(fields.next());
        return fields[way]();
      };
      const longest = character.repeat(Math.floor(8192 / bytes));
      assert.equal(read(longest), longest);
      assert.equal(read(longest + character), `${longest}…`);
      assert.equal(read(character.repeat(100_000)), `${longest}…`);
    }
  }
});
