import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coloursBefore, overwritten, styled, withoutEscapes } from './ansi.ts';
import { LineBuffer } from './line-buffer.ts';

const onPage = (rgb: string) => `light-dark(oklch(from ${rgb} min(l, 0.5) c h), oklch(from ${rgb} max(l, 0.75) c h))`;

const cases: readonly (readonly [text: string, parts: ReturnType<typeof styled>])[] = [
  ['plain <b>&amp;</b>', [{ text: 'plain <b>&amp;</b>', classes: [] }]],
  ['\x1b[31mred', [{ text: 'red', classes: ['ansi-red-fg'] }]],
  ['\x1b[38;5;1mred', [{ text: 'red', classes: ['ansi-red-fg'] }]],
  ['\x1b[1;4mbold', [{ text: 'bold', classes: ['ansi-bold', 'ansi-underline'] }]],
  ['\x1b[38;5;208mx', [{ text: 'x', classes: [], color: onPage('rgb(255 135 0)') }]],
  ['\x1b[38;2;10;200;30mx', [{ text: 'x', classes: [], color: onPage('rgb(10 200 30)') }]],
  ['\x1b[38:2::10:200:30mx', [{ text: 'x', classes: [], color: onPage('rgb(10 200 30)') }]],
  ['\x1b[41mx', [{ text: 'x', classes: [], color: 'rgb(255 255 255)', backgroundColor: 'rgb(187 0 0)' }]],
  ['\x1b[48;5;226mx', [{ text: 'x', classes: [], color: 'rgb(0 0 0)', backgroundColor: 'rgb(255 255 0)' }]],
  ['\x1b[30;48;2;0;0;50mx', [{ text: 'x', classes: [], color: 'rgb(255 255 255)', backgroundColor: 'rgb(0 0 50)' }]],
  ['\x1b[7mx', [{ text: 'x', classes: ['ansi-inverse'] }]],
];
for (const [text, parts] of cases) {
  test(`the colours of ${JSON.stringify(text)}`, () => assert.deepEqual(styled(text), parts));
}

const shown: readonly (readonly [text: string, shown: string])[] = [
  ['\x1b]8;;http://example.com\x1b\\link\x1b]8;;\x07 after', 'link after'],
  ['\x1b]0;title\x07text', 'text'],
  ['a\x1b[2Kb\x1b[1Ac\x1b(Bd\x1b7e', 'abcde'],
  ['\x1b]8;;it has no end', '8;;it has no end'],
  ['broken\x1b', 'broken'],
  ['broken\x1b[38;5', 'broken'],
  ['broken\x1b[ß', 'brokenß'],
  ['\x1b[38;5;999mnone', 'none'],
];
for (const [text, wanted] of shown) {
  test(`what is shown of ${JSON.stringify(text)}`, () => {
    assert.equal(withoutEscapes(text), wanted);
    assert.equal(
      styled(text)
        .map(part => part.text)
        .join(''),
      wanted,
    );
  });
}

test('of any text, no escape sequence is shown, and nothing else is lost where there is none', () => {
  const piece = fc.constantFrom('\x1b', '[', ']', ';', '3', '1', 'm', 'x', 'ß', '\x07', '\\', ' ', '\n');
  fc.assert(
    fc.property(fc.array(piece), pieces => {
      const text = pieces.join('');
      const parts = styled(text)
        .map(part => part.text)
        .join('');
      assert.equal(parts, withoutEscapes(text));
      assert.ok(!parts.includes('\x1b'));
      if (!text.includes('\x1b')) assert.equal(parts, text);
    }),
  );
});

test('a carriage return takes what follows to the beginning of the line', () => {
  for (const [text, wanted] of [
    ['10 %\r20 %\r100 %', '100 %'],
    ['abc\rX', 'Xbc'],
    ['100 %\r', '100 %'],
    ['\r\r', ''],
    ['\x1b[31m10 %\r\x1b[K20 %', '\x1b[K20 %'],
  ] as const) {
    assert.equal(overwritten(text), wanted);
  }
});

test('lines begin with the colours of those before them, until they are reset', () => {
  const buffer = new LineBuffer(0);
  buffer.append(Buffer.from('a\n\x1b[31mb\nc\n\x1b[1;44md\x1b]0;x\x07\ne\n\x1b[0mf\ng\n\x1b[32mh\x1b[m\ni\n'));
  const { lines } = buffer;
  assert.deepEqual(
    lines.map((_, index) => coloursBefore(lines, index)),
    ['', '', '\x1b[31m', '\x1b[31m', '\x1b[31m\x1b[1;44m', '\x1b[31m\x1b[1;44m', '', '', ''],
  );
  assert.deepEqual(styled('c', coloursBefore(lines, 2)), [{ text: 'c', classes: ['ansi-red-fg'] }]);
});

test('what is looked for in a line is all of its text, without escape sequences', () => {
  const buffer = new LineBuffer(0);
  buffer.append(Buffer.from('\x1b[31mERROR\x1b[0m: no\rdone\r\n'));
  assert.deepEqual([buffer.lines[0]?.plain, buffer.lines[0]?.text], ['error: no\rdone', 'done']);
});
