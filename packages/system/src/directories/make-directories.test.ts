import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../testing/index.ts';
import { makeDirectories } from './make-directories.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'directories-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('directories are made with their mode, by several at once, and stay when they are there', async t => {
  const at = scratch(t);
  const path = join(at, 'a/b/c');
  await Promise.all(Array.from({ length: 10 }, () => makeDirectories(path, 0o700)));
  for (const each of ['a', 'a/b', 'a/b/c']) assert.equal(statSync(join(at, each)).mode & 0o777, 0o700);
  await makeDirectories(join(at, 'a'), 0o755);
  assert.equal(statSync(join(at, 'a')).mode & 0o777, 0o700);
});

test('a file in the way is told', async t => {
  const at = scratch(t);
  writeFileSync(join(at, 'file'), '');
  await assert.rejects(makeDirectories(join(at, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeDirectories(join(at, 'file/below')), { code: 'ENOTDIR' });
  await assert.rejects(makeDirectories('/proc/none/below'), { code: 'ENOENT' });
});

test('a disk that is read-only is told, and what is there found', needs.mounting('a disk is read-only'), async t => {
  const at = join(scratch(t), 'disk');
  mkdirSync(at);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', at]);
  mkdirSync(join(at, 'there'));
  execFileSync('mount', ['-o', 'remount,ro', at]);
  try {
    await makeDirectories(join(at, 'there'));
    for (const path of ['there/new', 'new/below']) {
      await assert.rejects(makeDirectories(join(at, path)), { code: 'EROFS' });
    }
  } finally {
    execFileSync('umount', ['--lazy', at]);
  }
});
