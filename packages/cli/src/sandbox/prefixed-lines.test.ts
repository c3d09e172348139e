import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrefixedLines } from './prefixed-lines.ts';

const cases: { name: string; pieces: string[]; printed: string }[] = [
  { name: 'whole lines', pieces: ['a\nb\n'], printed: 't | a\nt | b\n' },
  { name: 'a line in pieces', pieces: ['a', 'b\nc'], printed: 't | ab\nt | c\n' },
  { name: 'empty lines', pieces: ['\n\n'], printed: 't | \nt | \n' },
  { name: 'nothing', pieces: [], printed: '' },
  { name: 'a line without an end', pieces: ['x'.repeat(70_000)], printed: `t | ${'x'.repeat(70_000)}\n` },
];
for (const { name, pieces, printed } of cases) {
  test(name, async () => {
    let text = '';
    const lines = new PrefixedLines('t | ', async data => {
      text += data;
    });
    for (const piece of pieces) await lines.write(Buffer.from(piece));
    await lines.end();
    assert.equal(text, printed);
  });
}
