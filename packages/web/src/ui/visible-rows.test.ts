import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownAround, rowsAt, within } from './visible-rows.ts';

const height = 20;

test('the rows that are there reach beyond those that are seen', () => {
  assert.deepEqual(rowsAt({ top: 0, height: 200 }, height), { first: 0, end: 27 });
  assert.deepEqual(rowsAt({ top: 2010, height: 200 }, height), { first: 92, end: 119 });
});

test('a range ends with the rows, and is as long as before when rows go', () => {
  assert.deepEqual(within({ first: 0, end: 18 }, 5), { first: 0, end: 5 });
  assert.deepEqual(within({ first: 92, end: 119 }, 110), { first: 83, end: 110 });
  assert.deepEqual(within({ first: 92, end: 119 }, 0), { first: 0, end: 0 });
});

test('what is known contains what is there, and moves in steps', () => {
  const asked = new Set<string>();
  for (let first = 0; first < 1000; first++) {
    const { offset, limit } = knownAround({ first, end: first + 40 });
    assert.ok(offset <= Math.max(0, first - 32) && offset + limit >= first + 40 + 32, `${first}: ${offset}, ${limit}`);
    asked.add(`${offset} ${limit}`);
  }
  assert.ok(asked.size <= 1000 / 32 + 1, `${asked.size} ranges`);
});
