import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { needs } from '@meseta/system/testing';
import { directory, entryBytes, file, hardLink, paxRecord, symlink, tar } from '../testing/tar.ts';
import { unpack } from '../testing/unpack.ts';

/** Returns all paths below a directory, without following links. */
function list(root: string): string[] {
  const found = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P\\n'], { cwd: root, encoding: 'utf8' });
  return found.split('\n').filter(Boolean).sort();
}

test('files, directories and links get their contents, permissions and times', async t => {
  const archive = tar(
    directory('./', { mode: 0o711, mtime: 1000 }),
    directory('bin/', { mode: 0o750, mtime: 2000 }),
    file('bin/sh', 'shell', { mode: 0o4755, mtime: 3000 }),
    hardLink('bin/ash', 'bin/sh'),
    symlink('sh', 'bin/sh'),
    symlink('out', '/etc/passwd'),
    file('no/parent', 'x'),
    file('empty'),
  );
  const { root, record } = await unpack(t, archive);
  assert.deepEqual(list(root), ['bin', 'bin/ash', 'bin/sh', 'empty', 'no', 'no/parent', 'out', 'sh']);
  const mode = (path: string) => lstatSync(join(root, path)).mode & 0o7777;
  assert.deepEqual([mode('.'), mode('bin'), mode('bin/sh'), mode('no')], [0o711, 0o750, 0o4755, 0o755]);
  const time = (path: string) => lstatSync(join(root, path)).mtimeMs / 1000;
  assert.deepEqual([time('.'), time('bin'), time('bin/sh'), time('sh')], [1000, 2000, 3000, 0]);
  assert.equal(lstatSync(join(root, 'bin/ash')).ino, lstatSync(join(root, 'bin/sh')).ino);
  assert.equal(readlinkSync(join(root, 'out')), '/etc/passwd');
  assert.equal(readFileSync(join(root, 'bin/sh'), 'utf8'), 'shell');
  assert.deepEqual([record.entries, record.bytes], [8, 6]);
});

for (const [name, compress] of [
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
  [
    'gzip in two members',
    (data: Buffer) => Buffer.concat([gzipSync(data.subarray(0, 700)), gzipSync(data.subarray(700))]),
  ],
] as const) {
  test(`a layer compressed with ${name}`, async t => {
    const archive = tar(file('a', 'contents'));
    const { root } = await unpack(t, archive, { blob: compress(archive) });
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'contents');
  });
}

test('a later entry replaces an earlier one of the same path', async t => {
  const archive = tar(
    file('a', 'first'),
    file('a', 'second'),
    file('d/x'),
    file('d', 'now a file'),
    file('e', 'a file'),
    directory('e'),
    file('e/y'),
    symlink('l', 'nowhere'),
    file('l', 'no link'),
  );
  const { root } = await unpack(t, archive);
  assert.deepEqual(list(root), ['a', 'd', 'e', 'e/y', 'l']);
  assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'second');
  assert.equal(readFileSync(join(root, 'l'), 'utf8'), 'no link');
});

test('a later file takes the place of a directory that had no entry of its own, and of a FIFO that was to be in it', async t => {
  const archive = tar({ name: 'd/pipe', type: '6', mode: 0o600 }, file('d', 'contents'));
  const { root } = await unpack(t, archive);
  assert.deepEqual(list(root), ['d']);
  assert.equal(readFileSync(join(root, 'd'), 'utf8'), 'contents');
});

test('names that are long, or no text', async t => {
  const long = `${'d'.repeat(120)}/${'f'.repeat(200)}`;
  const bytes = Buffer.from([0xff, 0xe4]).toString('latin1');
  const gnu = Buffer.concat([
    entryBytes({ name: '././@LongLink', type: 'L', contents: `${long}\0` }),
    entryBytes(file('cut', 'gnu')),
  ]);
  const { root } = await unpack(
    t,
    Buffer.concat([gnu, tar(file('cut', 'pax', { pax: { path: `p/${long}` } }), file(bytes, 'x'))]),
  );
  assert.equal(readFileSync(join(root, long), 'utf8'), 'gnu');
  assert.equal(readFileSync(join(root, 'p', long), 'utf8'), 'pax');
  assert.equal(readFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xe4])]), 'utf8'), 'x');
});

test('relative links that stay in the layer are followed on the way to an entry', async t => {
  const archive = tar(
    directory('usr/lib'),
    symlink('lib', 'usr/lib'),
    symlink('usr/up', '../usr/lib'),
    file('lib/a'),
    file('usr/up/b'),
  );
  const { root } = await unpack(t, archive);
  assert.deepEqual(list(root), ['lib', 'usr', 'usr/lib', 'usr/lib/a', 'usr/lib/b', 'usr/up']);
});

test('sparse files of all formats keep their holes', async t => {
  const megabyte = 1024 * 1024;
  const data = 'A'.repeat(512);
  const real = { 'GNU.sparse.realsize': String(megabyte) };
  const map10 = `1\n${512 * 100}\n512\n`.padEnd(512, '\0');
  const old = file('old', data, {
    type: 'S',
    raw: [
      [386, `${(512 * 100).toString(8).padStart(11, '0')}\0${(512).toString(8).padStart(11, '0')}\0`],
      [483, megabyte.toString(8).padStart(11, '0')],
    ],
  });
  const format00 = Buffer.concat([
    entryBytes({
      ...{ name: 'pax', type: 'x' },
      contents:
        paxRecord('GNU.sparse.size', String(megabyte)) +
        paxRecord('GNU.sparse.numblocks', '1') +
        paxRecord('GNU.sparse.offset', String(512 * 100)) +
        paxRecord('GNU.sparse.numbytes', '512'),
    }),
    entryBytes(file('p00', data)),
  ]);
  const archive = tar(
    old,
    file('GNUSparse/p01', data, { pax: { ...real, 'GNU.sparse.name': 'p01', 'GNU.sparse.map': `${512 * 100},512` } }),
    file('GNUSparse/p10', map10 + data, {
      pax: { ...real, 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'p10' },
    }),
    file('after', 'x'),
  );
  const { root } = await unpack(t, Buffer.concat([format00, archive]));
  for (const name of ['old', 'p00', 'p01', 'p10']) {
    const contents = readFileSync(join(root, name));
    assert.equal(contents.length, megabyte, name);
    assert.equal(contents.toString('latin1', 512 * 100, 512 * 101), data, name);
    assert.equal(contents.filter(byte => byte !== 0).length, 512, name);
    assert.ok(lstatSync(join(root, name)).blocks < 100, `${name} has holes`);
  }
  assert.equal(readFileSync(join(root, 'after'), 'utf8'), 'x');
});

test('what GNU tar writes is read as it was', async t => {
  const source = mkdtempSync(join(tmpdir(), 'source-'));
  t.after(() => rmSync(source, { recursive: true, force: true }));
  mkdirSync(join(source, `${'long'.repeat(20)}/${'name'.repeat(20)}`), { recursive: true });
  execFileSync(
    'sh',
    ['-c', 'truncate -s 10M holes; printf end >>holes; ln holes second; ln -s holes link; mkfifo fifo'],
    {
      cwd: source,
    },
  );
  for (const format of ['gnu', 'pax', 'ustar']) {
    const sparse = format === 'ustar' ? [] : ['--sparse'];
    const archive = execFileSync('tar', ['-c', ...sparse, `--format=${format}`, '--sort=name', '.'], {
      cwd: source,
      maxBuffer: 64 * 1024 * 1024,
    });
    const { root } = await unpack(t, archive);
    assert.equal(
      execFileSync('diff', ['-r', '--exclude=fifo', '--no-dereference', source, root], { encoding: 'utf8' }),
      '',
      format,
    );
    assert.equal(lstatSync(join(root, 'second')).nlink, 2);
    assert.ok(lstatSync(join(root, 'fifo')).isFIFO());
    if (format !== 'ustar') assert.ok(lstatSync(join(root, 'holes')).blocks < 100);
  }
});

const whiteouts = tar(
  directory('d'),
  file('d/.wh..wh..opq'),
  file('d/new', 'x'),
  file('.wh.gone'),
  file('e/.wh.also'),
  file('.wh..wh.plnk/1.2'),
  file('.wh.both'),
  file('both', 'own'),
  file('.wh.dir'),
  file('dir/own'),
);

test('whiteouts are recorded, and are no files', async t => {
  const { root, record } = await unpack(t, whiteouts);
  assert.deepEqual(list(root), ['both', 'd', 'd/new', 'dir', 'dir/own', 'e']);
  assert.deepEqual(record.whiteouts, ['gone', 'e/also', 'both', 'dir']);
  assert.deepEqual(record.opaque, ['d']);
});

test('whiteouts in the form of overlay', needs.root('devices and trusted attributes are made'), async t => {
  const { root } = await unpack(t, whiteouts, { overlay: true });
  for (const path of ['gone', 'e/also']) {
    const stats = lstatSync(join(root, path));
    assert.ok(stats.isCharacterDevice() && stats.rdev === 0, path);
  }
  assert.equal(readFileSync(join(root, 'both'), 'utf8'), 'own');
  const opaque = (path: string) => xattr(join(root, path), 'trusted.overlay.opaque');
  assert.deepEqual([opaque('d'), opaque('dir'), opaque('e')], ['y', 'y', undefined]);
});

/** Returns an extended attribute. */
function xattr(path: string, name: string): string | undefined {
  const script =
    'import os,sys\ntry: sys.stdout.buffer.write(os.getxattr(sys.argv[1], sys.argv[2], follow_symlinks=False))\nexcept OSError: sys.exit(3)';
  try {
    return execFileSync('python3', ['-c', script, path, name], { encoding: 'latin1' });
  } catch {
    return undefined;
  }
}

test('owners, devices and attributes of root', needs.root('files get other owners'), async t => {
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex').toString('latin1');
  const archive = tar(
    directory('d', { uid: 7, gid: 8 }),
    file('f', 'x', {
      ...{ uid: 9, gid: 10, mode: 0o6755 },
      pax: {
        'SCHILY.xattr.security.capability': capability,
        'SCHILY.xattr.user.note': 'kept',
        'SCHILY.xattr.trusted.overlay.redirect': '/etc',
        'SCHILY.xattr.user.overlay.opaque': 'y',
      },
    }),
    symlink('l', 'f'),
    { name: 'null', type: '3', device: [1, 3], mode: 0o666, uid: 5 },
    hardLink('null2', 'null'),
    { name: 'sda', type: '4', device: [8, 300], mode: 0o660 },
    { name: 'pipe', type: '6', mode: 0o600 },
    file('big', '', { uid: 0, pax: { uid: '3000000', gid: '4000000' } }),
  );
  const { root, record } = await unpack(t, archive);
  const stats = (path: string) => lstatSync(join(root, path));
  assert.deepEqual([stats('d').uid, stats('d').gid, stats('f').uid, stats('f').gid], [7, 8, 9, 10]);
  assert.equal(stats('f').mode & 0o7777, 0o6755);
  assert.deepEqual([stats('big').uid, stats('big').gid], [3_000_000, 4_000_000]);
  assert.equal(xattr(join(root, 'f'), 'security.capability'), capability);
  assert.equal(xattr(join(root, 'f'), 'user.note'), 'kept');
  assert.equal(xattr(join(root, 'f'), 'trusted.overlay.redirect'), undefined);
  assert.equal(xattr(join(root, 'f'), 'user.overlay.opaque'), undefined);
  for (const name of ['null', 'null2']) assert.equal(stats(name).rdev, 0x103, name);
  assert.deepEqual([stats('null').mode & 0o7777, stats('null').uid], [0o666, 5]);
  assert.deepEqual(
    [stats('sda').isBlockDevice(), stats('sda').rdev],
    [true, (8 << 8) | (300 & 0xff) | ((300 & ~0xff) << 12)],
  );
  assert.ok(stats('pipe').isFIFO());
  assert.equal(record.skippedDevices, 0);
});
