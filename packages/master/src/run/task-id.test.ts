import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idProblem } from '@meseta/protocol';
import { newTaskId } from './task-id.ts';

test('ids begin with the name, are valid, and differ', () => {
  const ids = Array.from({ length: 1000 }, () => newTaskId('web', () => false));
  for (const id of ids) {
    assert.match(id, /^web-[0-9a-f]{8}$/);
    assert.equal(idProblem(id), undefined);
  }
  // Two of them are alike once in ten thousand runs.
  assert.ok(new Set(ids).size >= 999);
});

test('an id that is taken is not given again', () => {
  const digits = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'];
  const taken = new Set(['web-aaaaaaaa', 'web-bbbbbbbb']);
  assert.equal(
    newTaskId(
      'web',
      id => taken.has(id),
      () => digits.shift() ?? '',
    ),
    'web-cccccccc',
  );
});

test('ids do not follow from those before: two masters in a row give different ones', () => {
  const given = () => Array.from({ length: 100 }, () => newTaskId('web', () => false));
  const [before, after] = [new Set<string>(given()), given()];
  assert.ok(after.filter(id => before.has(id)).length <= 1);
});
