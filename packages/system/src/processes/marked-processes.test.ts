import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { getHeapSnapshot } from 'node:v8';
import { findMarkedProcesses } from './marked-processes.ts';
import { readProcess } from './proc.ts';

test('a marked process is found, and no environment stays in memory', async t => {
  const marker = { name: 'MARKED', value: randomUUID() };
  const secret = randomUUID();
  const child = spawn('/bin/cat', { env: { MARKED: marker.value, SECRET: secret }, stdio: ['pipe', 'pipe', 'ignore'] });
  t.after(async () => {
    const exited = once(child, 'exit');
    child.stdin.end();
    await exited;
  });
  child.stdin.write('it runs\n');
  await once(child.stdout, 'data');
  const first = readProcess(child.pid ?? 0);
  assert.ok(first);
  const find = () => findMarkedProcesses({ marker, first, ownsSession: false });
  // Two at a time share a listing; a third one makes the next wait.
  const found = [...(await Promise.all([find(), find()])), await find()];
  for (const each of found)
    assert.deepEqual(
      each.map(({ pid }) => pid),
      [child.pid],
    );
  const heap = await text(getHeapSnapshot());
  assert.equal(heap.split(`SECRET=${secret}`).length - 1, 0, 'environments in the heap');
});
