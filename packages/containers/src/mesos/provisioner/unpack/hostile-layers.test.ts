/** Layers that want to write where they must not, or more than they may: each is refused with its entry named. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ImageError } from '../image-error.ts';
import { directory, type Entry, file, hardLink, symlink, tar } from '../testing/tar.ts';
import { unpack } from '../testing/unpack.ts';

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
