/** Which version of the API is spoken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseApiVersion, formatApiVersion, parseApiVersion } from './api-version.ts';

const cases: [name: string, newest: string, oldest: string, expected: string | RegExp][] = [
  ['Debian 12', '1.41', '1.12', '1.41'],
  ['an engine of today', '1.52', '1.44', '1.47'],
  ['Triton', '1.24', '', '1.24'],
  [
    'an old engine',
    '1.22',
    '',
    /^the engine is too old: it speaks the API at most 1\.22, and this agent 1\.24 to 1\.47/,
  ],
  ['an engine of the future', '1.80', '1.60', /^the engine is too new: it speaks the API 1\.60 to 1\.80, and this/],
];
for (const [name, newest, oldest, expected] of cases) {
  test(name, () => {
    const parsed = parseApiVersion(newest);
    assert.ok(parsed);
    const chosen = chooseApiVersion(parsed, parseApiVersion(oldest));
    if (typeof expected === 'string')
      assert.equal(typeof chosen === 'string' ? chosen : formatApiVersion(chosen), expected);
    else assert.match(String(chosen), expected);
  });
}

for (const text of ['', '1', '1.', 'v1.41', '1.41.2', '1.41 ', '-1.4', '1.99999']) {
  test(`'${text}' is no version`, () => assert.equal(parseApiVersion(text), undefined));
}
