import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CacheEntry, CacheTable } from './cache-table.ts';

function tableOf(totalBytes: number) {
  const table = new CacheTable(totalBytes);
  const add = (key: string, bytes: number): CacheEntry => {
    const entry = { key, directory: 'user-1', name: key, bytes, mode: undefined };
    table.add(entry);
    return entry;
  };
  return { table, add };
}

const keysOf = (entries: readonly CacheEntry[] | undefined) => entries?.map(({ key }) => key);

test('entries give way in the order of their last use', () => {
  const { table, add } = tableOf(10);
  for (const key of ['a', 'b', 'c']) {
    assert.deepEqual(table.reserve(3), []);
    add(key, 3);
  }
  const a = table.get('a');
  assert.ok(a && table.use(a));
  table.unuse(a);
  assert.deepEqual(keysOf(table.reserve(5)), ['b', 'c']);
  assert.equal(table.usedBytes, 8);
  assert.equal(table.get('b'), undefined);
});

test('an entry in use never gives way, and a refusal changes nothing', () => {
  const { table, add } = tableOf(10);
  table.reserve(6);
  const a = add('a', 6);
  table.reserve(4);
  add('b', 4);
  assert.ok(table.use(a) && table.use(a));
  assert.equal(table.reserve(5), undefined);
  assert.equal(table.usedBytes, 10);
  assert.ok(table.get('b'));
  table.unuse(a);
  assert.equal(table.reserve(5), undefined);
  table.unuse(a);
  assert.deepEqual(keysOf(table.reserve(5)), ['b', 'a']);
  assert.equal(table.use(a), false);
});

test('what was reserved counts until it is released', () => {
  const { table } = tableOf(10);
  table.reserve(8);
  assert.equal(table.reserve(3), undefined);
  table.release(1);
  assert.deepEqual(table.reserve(3), []);
  assert.equal(table.usedBytes, 10);
});

test('empty files are limited, too', () => {
  const { table, add } = tableOf(10);
  for (let index = 0; index < 10_000; index++) {
    assert.deepEqual(table.reserve(0), []);
    add(`${index}`, 0);
  }
  assert.deepEqual(keysOf(table.reserve(0)), ['0']);
});

test('what may not displace others gets only what is free', () => {
  const { table, add } = tableOf(10);
  table.reserve(6);
  add('a', 6);
  assert.deepEqual(table.reserve(4, false), []);
  assert.equal(table.reserve(1, false), undefined);
  assert.ok(table.get('a'));
});
