import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheredFile } from './gathered-file.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

test('what comes at a time is written at once, in its order', async () => {
  const writes: string[] = [];
  const file = new GatheredFile({ appendFile: async data => void writes.push(String(data)) });
  for (const text of ['a', 'b', 'c']) await file.append(Buffer.from(text));
  await turn();
  await file.append(Buffer.from('d'));
  await file.flush();
  await file.flush();
  assert.deepEqual(writes, ['abc', 'd']);
  await file.append(Buffer.alloc(100_000, 'x'));
  assert.equal(writes.length, 3); // much does not wait
});

test('a write that fails is told by everything later', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const file = new GatheredFile({ appendFile: () => Promise.reject(full) });
  await file.append(Buffer.from('a'));
  await turn();
  await assert.rejects(file.flush(), full);
  await file.append(Buffer.from('b'));
  await assert.rejects(file.flush(), full);
});
