import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSandbox } from './sandbox.ts';
import { lookupUser } from './users.ts';

async function sandboxPath(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-sandbox-'));
  context.after(() => rm(directory, { recursive: true }));
  return join(directory, 'runs', 'c');
}

test('a sandbox has its mode and its files, and keeps them', async context => {
  const path = await sandboxPath(context);
  await createSandbox(path);
  assert.equal((await stat(path)).mode & 0o7777, 0o750);
  await appendFile(join(path, 'stdout'), 'kept');
  await createSandbox(path);
  assert.equal(await readFile(join(path, 'stdout'), 'utf8'), 'kept');
  assert.equal(await readFile(join(path, 'stderr'), 'utf8'), '');
});

test('a sandbox belongs to the user', { skip: process.geteuid?.() === 0 ? false : 'needs root' }, async context => {
  const path = await sandboxPath(context);
  await createSandbox(path, 'nobody');
  const { uid, gid } = await lookupUser('nobody');
  for (const entry of ['', 'stdout', 'stderr']) {
    const status = await stat(join(path, entry));
    assert.deepEqual([status.uid, status.gid], [uid, gid], entry);
  }
});

test('an unknown user gets no sandbox', async context => {
  await assert.rejects(createSandbox(await sandboxPath(context), 'no-such-user'), { code: 'USER' });
  await assert.rejects(createSandbox(await sandboxPath(context), '--help'), { code: 'USER' });
});
