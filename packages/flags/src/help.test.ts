import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group } from './flag.ts';
import { flagsMarkdown } from './help.ts';
import { bool, string } from './types.ts';
import { wrap } from './wrap.ts';

test('text is wrapped between words', () => {
  assert.deepEqual(wrap('one two three four', 9), ['one two', 'three', 'four']);
  assert.deepEqual(wrap('incomprehensible word', 5), ['incomprehensible', 'word']);
  assert.deepEqual(wrap('', 5), []);
});

test('the Markdown has one table a group', () => {
  const table = {
    ...group('First', { a: { type: string, default: 'x|y', help: 'A | b.' } }),
    ...group('Second', { b: { type: bool, aliases: ['c'], status: 'later', required: true, help: 'B.' } }),
  };
  assert.equal(
    flagsMarkdown(table),
    [
      '## First',
      '',
      '| flag | default | meaning | state |',
      '| --- | --- | --- | --- |',
      '| `--a=VALUE` | x\\|y | A \\| b. | works |',
      '',
      '## Second',
      '',
      '| flag | default | meaning | state |',
      '| --- | --- | --- | --- |',
      '| `--[no-]b`<br>deprecated: `--[no-]c` | *required* | B. | not built |',
      '',
    ].join('\n'),
  );
});
