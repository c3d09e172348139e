import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '@meseta/system/testing';
import { sha256 } from '../docker/digest.ts';
import { removeTree } from '../remove-tree.ts';
import { directory, type Entry, file, hardLink, symlink, tar } from '../testing/tar.ts';
import { layerLimits, unpackLayer } from '../unpack/unpack.ts';
import { CopyBackend } from './copy.ts';

/** Unpacks layers, lowest first, and copies them into one root file system. */
async function copied(t: TestContext, ...layers: readonly (readonly Entry[])[]): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'copy-'));
  t.after(() => removeTree(scratch));
  const directories = [];
  for (const [index, entries] of layers.entries()) {
    const archive = tar(...entries);
    const path = join(scratch, `blob${index}`);
    writeFileSync(path, archive);
    const layer = join(scratch, `layer${index}`);
    mkdirSync(layer);
    const blob = { path, offset: 0, length: archive.length };
    const job = {
      blob,
      digest: undefined,
      diffId: sha256(archive),
      directory: layer,
      overlay: false,
      limits: layerLimits,
    };
    await unpackLayer(job, t.signal);
    directories.push({ directory: layer, link: async () => layer });
  }
  const request = { layers: directories, directory: join(scratch, 'container'), id: 'id', signal: t.signal };
  const { target } = await new CopyBackend().provision(request);
  const outside = execFileSync('find', [scratch, '-name', 'out'], { encoding: 'utf8' }).split('\n').filter(Boolean);
  assert.deepEqual(
    outside.filter(each => !each.startsWith(`${scratch}/layer`) && !each.startsWith(target)),
    [],
    'nothing is written outside',
  );
  return target;
}

test('files keep their contents, permissions, times, links and holes', async t => {
  const target = await copied(t, [
    directory('./', { mode: 0o711, mtime: 1000 }),
    directory('d', { mode: 0o555, mtime: 2000 }),
    file('d/f', 'x', { mode: 0o4711, mtime: 3000 }),
    hardLink('d/g', 'd/f'),
    symlink('s', '/nowhere'),
    file('sparse', '', { pax: { 'GNU.sparse.size': '10000000', 'GNU.sparse.map': '' } }),
    { name: 'pipe', type: '6' },
  ]);
  const stats = (path: string) => lstatSync(join(target, path));
  assert.deepEqual(
    ['.', 'd', 'd/f'].map(path => [stats(path).mode & 0o7777, stats(path).mtimeMs]),
    [
      [0o711, 1_000_000],
      [0o555, 2_000_000],
      [0o4711, 3_000_000],
    ],
  );
  assert.equal(stats('d/f').ino, stats('d/g').ino);
  assert.equal(readlinkSync(join(target, 's')), '/nowhere');
  assert.equal(stats('sparse').size, 10_000_000);
  assert.ok(stats('sparse').blocks < 100);
  assert.ok(stats('pipe').isFIFO());
});

test('owners, devices and attributes', needs.root('files get other owners'), async t => {
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex').toString('latin1');
  const target = await copied(
    t,
    [
      file('f', 'x', { uid: 5, gid: 6, mode: 0o6755, pax: { 'SCHILY.xattr.security.capability': capability } }),
      { name: 'null', type: '3', device: [1, 3], uid: 7 },
      hardLink('null2', 'null'),
      { name: 'replaced', type: '3', device: [1, 5] },
      symlink('s', 'f'),
    ],
    [file('replaced', 'by a file'), directory('d', { uid: 8 })],
  );
  const stats = (path: string) => lstatSync(join(target, path));
  assert.deepEqual([stats('f').uid, stats('f').gid, stats('f').mode & 0o7777, stats('d').uid], [5, 6, 0o6755, 8]);
  assert.deepEqual([stats('null').rdev, stats('null').uid, stats('null2').rdev], [0x103, 7, 0x103]);
  assert.equal(readFileSync(join(target, 'replaced'), 'utf8'), 'by a file');
  const read = 'import os,sys; sys.stdout.buffer.write(os.getxattr(sys.argv[1], "security.capability"))';
  assert.equal(execFileSync('python3', ['-c', read, join(target, 'f')], { encoding: 'latin1' }), capability);
});

test('upper layers replace and hide what lower ones have', async t => {
  const target = await copied(
    t,
    [
      file('a', '1'),
      file('gone'),
      directory('d'),
      file('d/old'),
      directory('o'),
      file('o/old'),
      file('f', 'file'),
      directory('g'),
      file('g/x'),
    ],
    [
      file('a', '2'),
      file('.wh.gone'),
      file('.wh.d'),
      directory('d'),
      file('d/new'),
      file('o/.wh..wh..opq'),
      file('o/new'),
      directory('f'),
      file('f/x'),
      file('g', 'file'),
    ],
    [file('.wh.none')],
  );
  const found = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P\n'], { cwd: target, encoding: 'utf8' });
  assert.deepEqual(found.split('\n').filter(Boolean).sort(), ['a', 'd', 'd/new', 'f', 'f/x', 'g', 'o', 'o/new']);
  assert.equal(readFileSync(join(target, 'a'), 'utf8'), '2');
});

test('nothing is written or removed through links of lower layers', async t => {
  const victim = mkdtempSync(join(tmpdir(), 'victim-'));
  t.after(() => removeTree(victim));
  writeFileSync(join(victim, 'kept'), 'x');
  const target = await copied(
    t,
    [
      symlink('dir', victim),
      symlink('file', join(victim, 'kept')),
      symlink('white', victim),
      symlink('opaque', victim),
      symlink('deep', victim),
    ],
    [
      directory('dir'),
      file('dir/out', 'x'),
      file('file', 'new'),
      file('white/.wh.kept'),
      file('opaque/.wh..wh..opq'),
      file('deep/a/.wh.b'),
    ],
  );
  assert.deepEqual(execFileSync('ls', [victim], { encoding: 'utf8' }), 'kept\n');
  assert.equal(readFileSync(join(victim, 'kept'), 'utf8'), 'x');
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'new');
  for (const name of ['dir', 'white', 'opaque', 'deep']) assert.ok(lstatSync(join(target, name)).isDirectory(), name);
  assert.ok(existsSync(join(target, 'dir/out')));
});
