import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LineBuffer } from './line-buffer.ts';

const textOf = ({ lines }: LineBuffer) => lines.map(({ text }) => text);

describe('a part of a file', () => {
  test('has lines with their offsets, the last one open', () => {
    const buffer = new LineBuffer(10);
    buffer.append(Buffer.from('one\r\ntwo\nthr'));
    assert.deepEqual(
      buffer.lines.map(({ offset, text }) => [offset, text]),
      [
        [10, 'one'],
        [15, 'two'],
        [19, 'thr'],
      ],
    );
    buffer.append(Buffer.from('ee\n\n'));
    assert.deepEqual(textOf(buffer), ['one', 'two', 'three', '']);
    assert.deepEqual([buffer.start, buffer.end], [10, 26]);
  });

  test('gets earlier lines, and joins the one that was cut', () => {
    const buffer = new LineBuffer(6);
    buffer.append(Buffer.from('ond\nthird'));
    assert.equal(buffer.prepend(Buffer.from('a\nsec')), 1);
    assert.deepEqual(textOf(buffer), ['a', 'second', 'third']);
    assert.equal(buffer.start, 1);
  });

  test('has the same lines however its bytes come', () => {
    const file = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '漢', '😀'), maxLength: 60 });
    fc.assert(
      fc.property(file, fc.array(fc.nat(200), { maxLength: 6 }), fc.nat(200), (text, cuts, middle) => {
        const bytes = Buffer.from(text);
        const at = [...cuts, 0, bytes.length].map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b);
        const from = middle % (bytes.length + 1);
        const buffer = new LineBuffer(from);
        const pieces = at.map((cut, index) => [cut, at[index + 1] ?? bytes.length] as const);
        for (const [start, end] of pieces) if (end > from) buffer.append(bytes.subarray(Math.max(start, from), end));
        for (const [start, end] of pieces.toReversed())
          if (start < from) buffer.prepend(bytes.subarray(start, Math.min(end, from)));
        const whole = text === '' ? [] : text.replace(/\n$/, '').split('\n');
        assert.deepEqual(textOf(buffer), whole);
      }),
    );
  });

  test('shows a very long line as several, cut between characters', () => {
    const buffer = new LineBuffer(0);
    const long = `${'漢'.repeat(12_000)}\nnext`;
    buffer.append(Buffer.from(long));
    assert.equal(textOf(buffer).join(''), long.replace('\n', ''));
    assert.ok(buffer.lines.length > 2);
    assert.ok(textOf(buffer).every(text => !text.includes('\ufffd')));
  });

  test('keeps no more than it may, at the end where the reader is', () => {
    const megabyte = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(1024));
    const buffer = new LineBuffer(100 * megabyte.length);
    for (let count = 0; count < 6; count++) buffer.append(megabyte);
    assert.equal(buffer.end, 106 * megabyte.length);
    assert.equal(buffer.start, 102 * megabyte.length);
    const { start } = buffer;
    assert.equal(buffer.prepend(megabyte), 1024);
    assert.deepEqual([buffer.start, buffer.end], [start - megabyte.length, 105 * megabyte.length]);
  });
});
