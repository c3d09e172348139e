import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId, InvalidIdError } from './index.ts';

for (const id of ['', '.', '..', 'a/b', 'a\\b', 'a\nb', 'a\u0000', '\u007f', 'é'.repeat(128)]) {
  test(`refuses ${JSON.stringify(id).slice(0, 20)}`, () => assert.throws(() => checkId(id), InvalidIdError));
}
for (const id of ['a', '...', 'a.b-c_d:e@f', 'é', 'x'.repeat(255)]) {
  test(`accepts ${id.slice(0, 20)}`, () => assert.equal(checkId(id), id));
}
