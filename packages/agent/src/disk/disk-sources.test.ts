import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Resource, ResourceDiskInfoSource } from '@meseta/protocol';
import { needs } from '@meseta/system/testing';
import { checkDiskSources } from './disk-sources.ts';

const disk = (source: ResourceDiskInfoSource): Resource => ({
  ...{ name: 'disk', type: 'SCALAR', scalar: { value: 1 } },
  disk: { source },
});

const refused: readonly (readonly [name: string, source: ResourceDiskInfoSource, message: RegExp])[] = [
  [
    'a MOUNT without a root',
    { type: 'MOUNT', mount: {} },
    /the disk of type MOUNT cannot be offered: it needs 'mount\.root'/,
  ],
  ['a PATH without a root', { type: 'PATH' }, /the disk of type PATH cannot be offered: it needs 'path\.root'/],
  ['a RAW disk', { type: 'RAW' }, /the disk of type RAW .*: the agent has disks of the types PATH and MOUNT/],
  [
    'a missing MOUNT',
    { type: 'MOUNT', mount: { root: 'no/such' } },
    /the disk 'no\/such' .*: no such file or directory/i,
  ],
  ['a directory that is not mounted', { type: 'MOUNT', mount: { root: '.' } }, /nothing is mounted there\. Mount it/],
];
for (const [name, source, message] of refused) {
  test(`${name} is refused`, async t => {
    const work = mkdtempSync(join(tmpdir(), 'work-'));
    t.after(() => rmSync(work, { recursive: true }));
    await assert.rejects(checkDiskSources([disk(source)], work), { code: 'DISK_SOURCE', message });
  });
}

test('the root of a PATH is made', async t => {
  const work = mkdtempSync(join(tmpdir(), 'work-'));
  t.after(() => rmSync(work, { recursive: true }));
  await checkDiskSources([disk({ type: 'PATH', path: { root: 'a/b' } })], work);
  assert.ok(existsSync(join(work, 'a/b')));
});

test('what is mounted can be offered, also by a link', needs.mounting('a disk is mounted'), async t => {
  const work = mkdtempSync(join(tmpdir(), 'work-'));
  const root = join(work, 'a disk');
  mkdirSync(root);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', root]);
  t.after(() => {
    execFileSync('umount', [root]);
    rmSync(work, { recursive: true });
  });
  symlinkSync(root, join(work, 'link'));
  await checkDiskSources(
    [root, 'link'].map(each => disk({ type: 'MOUNT', mount: { root: each } })),
    work,
  );
});
