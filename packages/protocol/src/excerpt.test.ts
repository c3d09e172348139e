import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerpt } from './excerpt.ts';

const cases: { text: string; longest: number; shown: string }[] = [
  { text: '', longest: 4, shown: '' },
  { text: 'abcd', longest: 4, shown: 'abcd' },
  { text: 'abcde', longest: 4, shown: 'ab… (1 characters left out) …de' },
  { text: 'abcdefgh', longest: 5, shown: 'ab… (4 characters left out) …gh' },
  { text: 'a😀b😀c', longest: 4, shown: 'a\ufffd… (3 characters left out) …\ufffdc' },
];
for (const { text, longest, shown } of cases) {
  test(`${longest} of '${text}'`, () => assert.equal(excerpt(text, longest), shown));
}

test('texts of usual length are shown whole', () => {
  assert.equal(excerpt('x'.repeat(2000)), 'x'.repeat(2000));
  assert.ok(excerpt('x'.repeat(200_000)).length < 2100);
});
