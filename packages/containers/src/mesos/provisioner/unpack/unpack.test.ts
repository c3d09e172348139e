import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { needs } from '@meseta/system/testing';
import { sha256 } from '../docker/digest.ts';
import type { ImageError } from '../image-error.ts';
import { directory, type Entry, entryBytes, file, hardLink, paxRecord, symlink, tar } from '../testing/tar.ts';
import type { LayerRecord } from './layer-record.ts';
import { layerLimits, unpackLayer } from './unpack.ts';

interface Unpacked {
  readonly root: string;
  readonly record: LayerRecord;
}

interface Options {
  readonly overlay?: boolean;
  readonly limits?: typeof layerLimits;
  readonly blob?: Buffer;
}

/** Unpacks an archive in a directory whose surroundings are looked at afterwards. */
async function unpack(t: TestContext, archive: Buffer, options: Options = {}): Promise<Unpacked> {
  const scratch = mkdtempSync(join(tmpdir(), 'unpack-'));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const layer = join(scratch, 'layer');
  mkdirSync(layer);
  const path = join(scratch, 'blob');
  const blob = options.blob ?? archive;
  writeFileSync(path, blob);
  const { overlay = false, limits = layerLimits } = options;
  const job = { blob: { path, offset: 0, length: blob.length }, digest: undefined, diffId: sha256(archive) };
  try {
    const record = await unpackLayer({ ...job, directory: layer, overlay, limits }, t.signal);
    return { root: join(layer, 'rootfs'), record };
  } finally {
    assert.deepEqual(readdirSync(scratch).sort(), ['blob', 'layer'], 'nothing is written beside the layer');
    const inside = readdirSync(layer).filter(name => name !== 'rootfs' && name !== 'layer.json');
    assert.deepEqual(inside, [], 'nothing is written beside its contents');
  }
}

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

const many: Entry[] = Array.from({ length: 11 }, (_, index) => file(`f${index}`, '0123456789'));
const link = (...to: readonly string[]) => to.map((target, index) => symlink(`l${index}`, target));

const hostile: readonly { name: string; archive: Buffer; says: RegExp; entry?: string }[] = [
  { name: "'..' in a path", archive: tar(file('a/../../out')), says: /its path has '\.\.'/, entry: 'a/../../out' },
  { name: "'..' alone", archive: tar(directory('..')), says: /its path has '\.\.'/ },
  { name: 'an absolute path', archive: tar(file('/etc/out')), says: /its path is absolute/, entry: '/etc/out' },
  {
    name: 'a file below a link to an absolute path',
    archive: tar(symlink('l', '/tmp'), file('l/out')),
    says: /through a link to an absolute path/,
    entry: 'l/out',
  },
  {
    name: 'a file below a link to outside',
    archive: tar(symlink('l', '../..'), file('l/out')),
    says: /leads out of the layer/,
    entry: 'l/out',
  },
  {
    name: 'a file below links that lead out one after another',
    archive: tar(directory('d/e'), symlink('d/e/up', '..'), symlink('u', 'd/e/up/../../..'), file('u/out')),
    says: /leads out of the layer/,
  },
  {
    name: 'a directory in place of a link, and a file in it',
    archive: tar(symlink('l', '/tmp'), directory('l'), file('l/../../out')),
    says: /'\.\.'/,
  },
  {
    name: 'links in a circle',
    archive: tar(symlink('a', 'b'), symlink('b', 'a'), file('a/x')),
    says: /lead in a circle/,
  },
  {
    name: 'a long chain of links',
    archive: tar(...link(...Array.from({ length: 50 }, (_, index) => `l${index + 1}`)), file('l0/x')),
    says: /lead in a circle/,
  },
  { name: 'a hard link to outside', archive: tar(hardLink('h', '../../../etc/passwd')), says: /'\.\.'/, entry: 'h' },
  { name: 'a hard link to an absolute path', archive: tar(hardLink('h', '/etc/passwd')), says: /absolute/ },
  {
    name: 'a hard link through a link',
    archive: tar(symlink('l', '/etc'), hardLink('h', 'l/passwd')),
    says: /through a link/,
  },
  { name: 'a hard link to nothing', archive: tar(hardLink('h', 'none')), says: /not in the layer/ },
  { name: 'a hard link to a directory', archive: tar(directory('d'), hardLink('h', 'd')), says: /to a directory/ },
  { name: 'a file below a file', archive: tar(file('a'), file('a/b')), says: /another kind of file/, entry: 'a/b' },
  { name: 'a file in place of the root directory', archive: tar(file('./.', 'x')), says: /root directory/ },
  { name: 'a link in place of the root directory', archive: tar(symlink('.', '/tmp')), says: /root directory/ },
  { name: 'a whiteout of ..', archive: tar(file('d/.wh...')), says: /whiteout of no name/ },
  { name: 'a whiteout of nothing', archive: tar(file('.wh.')), says: /whiteout of no name/ },
  { name: 'a whiteout through a link', archive: tar(symlink('l', '/'), file('l/.wh.etc')), says: /through a link/ },
  { name: 'a NUL in a name', archive: tar(file('x', '', { pax: { path: 'a\0b' } })), says: /NUL/ },
  {
    name: 'a name that is too long',
    archive: tar(file('x', '', { pax: { path: 'n'.repeat(300) } })),
    says: /name too long/,
  },
  {
    name: 'a path that is too long',
    archive: tar(file('x', '', { pax: { path: 'd/'.repeat(3000) } })),
    says: /name too long/,
  },
  { name: 'an unknown kind', archive: tar(file('x', '', { type: 'Z' })), says: /type 'Z' is not known/, entry: 'x' },
  {
    name: 'a negative size',
    archive: tar(file('x', '', { raw: [[124, `\xff${'\xff'.repeat(11)}`]] })),
    says: /negative|too large/,
  },
  {
    name: 'a size beyond all numbers',
    archive: tar(file('x', '', { raw: [[124, `\x80${'\xff'.repeat(11)}`]] })),
    says: /too large/,
  },
  {
    name: 'a size that is no number',
    archive: tar(file('x', '', { pax: { size: 'much' } })),
    says: /size is no number/,
  },
  {
    name: 'a size that is a fraction',
    archive: tar(file('x', '', { pax: { size: '1.5' } })),
    says: /size is no number/,
  },
  {
    name: 'an owner that means no change',
    archive: tar(file('x', '', { pax: { uid: '4294967295' } })),
    says: /no id of a user/,
  },
  {
    name: 'a huge extended header',
    archive: tar(file('x', '', { type: 'x', size: 2 ** 31 })),
    says: /extended header has 2147483648 bytes/,
  },
  { name: 'a malformed extended header', archive: tar(file('x', '999 a=b\n', { type: 'x' })), says: /malformed/ },
  {
    name: 'an extended header with a length of itself alone',
    archive: tar(file('x', '2 \n', { type: 'x' })),
    says: /malformed/,
  },
  {
    name: 'a wrong checksum',
    archive: Buffer.concat([Buffer.from('x'), tar(file('a')).subarray(1)]),
    says: /wrong checksum/,
  },
  { name: 'something else', archive: Buffer.alloc(2048, 'no archive '), says: /not a tar archive/ },
  {
    name: 'a sparse file with a part beyond its end',
    archive: tar(file('x', 'A', { pax: { 'GNU.sparse.size': '10', 'GNU.sparse.map': '9,2' } })),
    says: /map of a sparse file is malformed/,
  },
  {
    name: 'a sparse file with parts in the wrong order',
    archive: tar(file('x', 'AB', { pax: { 'GNU.sparse.size': '10', 'GNU.sparse.map': '5,1,1,1' } })),
    says: /malformed/,
  },
  {
    name: 'a sparse file with more in its map than in the archive',
    archive: tar(file('x', 'A', { pax: { 'GNU.sparse.size': '900', 'GNU.sparse.map': '0,900' } })),
    says: /larger than its data/,
  },
  { name: 'too many entries', archive: tar(...many), says: /more than 10 entries/, entry: 'f10' },
  { name: 'too many bytes', archive: tar(file('a', Buffer.alloc(1001))), says: /more than 1000 bytes/, entry: 'a' },
  {
    name: 'a sparse file of too many bytes',
    archive: tar(file('x', '', { pax: { 'GNU.sparse.size': '9000000000000000', 'GNU.sparse.map': '' } })),
    says: /more than 1000 bytes/,
  },
  {
    name: 'an archive that is cut off in a file',
    archive: tar(file('a', Buffer.alloc(900))).subarray(0, 1000),
    says: /cut off/,
    entry: 'a',
  },
  { name: 'an archive that is cut off in a header', archive: tar(file('a')).subarray(0, 300), says: /cut off/ },
];
for (const { name, archive, says, entry } of hostile) {
  test(`refuses ${name}`, async t => {
    const limits = { entries: 60, bytes: 1000, ...(name === 'too many entries' && { entries: 10 }) };
    await assert.rejects(unpack(t, archive, { limits }), (error: ImageError) => {
      assert.equal(error.code, 'LAYER');
      assert.match(error.message, /^Its layer sha256:[0-9a-f]{64} cannot be unpacked/);
      assert.match(error.message, says);
      if (entry !== undefined) assert.equal(error.entry, entry);
      return true;
    });
  });
}

test('a blob that is cut off, damaged, or expands without end', async t => {
  const archive = tar(file('a', randomBytes(5000)));
  const blob = gzipSync(archive);
  await assert.rejects(unpack(t, archive, { blob: blob.subarray(0, 400) }), {
    code: 'LAYER',
    message: /damaged or cut off/,
  });
  const damaged = Buffer.from(blob);
  damaged.fill(0, 200, 240);
  await assert.rejects(unpack(t, archive, { blob: damaged }), { code: 'LAYER', message: /damaged or cut off/ });
  const zeros = Buffer.alloc(40_000_000);
  const bomb = gzipSync(Buffer.concat([tar(file('a')), zeros]));
  const limits = { entries: 10, bytes: 1000 };
  await assert.rejects(unpack(t, archive, { blob: bomb, limits }), { code: 'LAYER', message: /expands to more than/ });
  await assert.rejects(unpack(t, archive, { blob: Buffer.from('BZh91AY') }), { message: /compressed with bzip2/ });
  await assert.rejects(unpack(t, archive, { blob: Buffer.alloc(0) }), { message: /it is empty/ });
});

test('contents of another digest', async t => {
  const other = tar(file('a', 'other'));
  await assert.rejects(unpack(t, tar(file('a', 'asked for')), { blob: other }), {
    code: 'DIGEST',
    message: /has the digest sha256:/,
  });
});
