import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Files, maxReadBytes } from './files.ts';
import { modeText } from './mode.ts';
import { utf8Text } from './utf8.ts';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'meseta-files-')));
after(() => rmSync(directory, { recursive: true }));

const sandbox = join(directory, 'sandbox');
mkdirSync(join(sandbox, 'sub', 'deep'), { recursive: true });
mkdirSync(join(directory, 'sandbox-of-another'));
writeFileSync(join(directory, 'sandbox-of-another', 'secret'), 'not yours');
writeFileSync(join(directory, 'secret'), 'not yours');
writeFileSync(join(sandbox, 'stdout'), '0123456789');
writeFileSync(join(sandbox, 'large'), Buffer.alloc(maxReadBytes + 10, 'x'));
writeFileSync(join(sandbox, 'sub', 'file'), 'in sub');
writeFileSync(Buffer.concat([Buffer.from(`${sandbox}/bad-`), Buffer.from([0xff, 0xfe])]), '');
symlinkSync('sub/file', join(sandbox, 'inside'));
symlinkSync('sub', join(sandbox, 'inside-directory'));
symlinkSync('../secret', join(sandbox, 'outside'));
symlinkSync('/etc', join(sandbox, 'outside-directory'));
symlinkSync('../sandbox-of-another', join(sandbox, 'neighbour'));
symlinkSync('loop', join(sandbox, 'loop'));
symlinkSync('/dev/zero', join(sandbox, 'device'));
symlinkSync('nothing', join(sandbox, 'dangling'));
execFileSync('mkfifo', [join(sandbox, 'fifo')]);

const files = new Files();
const anybody = () => true;
await files.attach(sandbox, '/box', anybody);
await files.attach(sandbox, sandbox, anybody);
await files.attach(join(directory, 'secret'), '/slave/log/', anybody);
await files.attach(sandbox, '/locked', principal => principal?.value === 'owner');

const outcome = async (work: Promise<unknown>) => {
  try {
    await work;
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const reads: [path: string, outcome: string][] = [
  ['/box/stdout', 'ok'],
  [`${sandbox}/stdout`, 'ok'],
  ['/box/sub/file', 'ok'],
  ['/box/inside', 'ok'],
  ['/box/inside-directory/file', 'ok'],
  ['/box/sub/../stdout', 'ok'],
  ['/slave/log', 'ok'],
  ['/slave/log/', 'ok'],
  ['/slave/log/x', 'NOT_FOUND'],
  ['/slave/log/../../etc/passwd', 'INVALID'],
  ['/box', 'INVALID'],
  ['/box/', 'INVALID'],
  ['/box/sub', 'INVALID'],
  ['/box/none', 'NOT_FOUND'],
  ['/box/dangling', 'NOT_FOUND'],
  ['/box/stdout/x', 'NOT_FOUND'],
  ['/box/outside', 'INVALID'],
  ['/box/outside-directory/passwd', 'INVALID'],
  ['/box/neighbour/secret', 'INVALID'],
  ['/box/../secret', 'INVALID'],
  ['/box/../no-such-file', 'INVALID'],
  ['/box/../sandbox-of-another/secret', 'INVALID'],
  ['/box/loop', 'INVALID'],
  ['/box/fifo', 'INVALID'],
  ['/box/device', 'INVALID'],
  ['/box/a\0b', 'INVALID'],
  [`/box/${'x'.repeat(5000)}`, 'NOT_FOUND'],
  ['/boxes/stdout', 'NOT_FOUND'],
  ['/etc/passwd', 'NOT_FOUND'],
  ['box/stdout', 'NOT_FOUND'],
  ['', 'NOT_FOUND'],
  ['/', 'NOT_FOUND'],
  ['/locked/stdout', 'UNAUTHORIZED'],
];
for (const [path, expected] of reads) {
  test(`reading '${path.slice(0, 60).replace('\0', '\\0')}' gives ${expected}`, async () => {
    assert.equal(await outcome(files.read(path, 0)), expected);
  });
}

test('a principal who may, reads', async () => {
  assert.equal((await files.read('/locked/stdout', 0, undefined, { value: 'owner' })).size, 10);
  assert.equal(await outcome(files.browse('/locked', { value: 'other' })), 'UNAUTHORIZED');
});

const parts: [offset: number, length: number | undefined, data: string][] = [
  [0, undefined, '0123456789'],
  [0, 4, '0123'],
  [8, 100, '89'],
  [10, 5, ''],
  [1e15, 5, ''],
  [3, 0, ''],
];
for (const [offset, length, data] of parts) {
  test(`reading ${length} bytes from ${offset}`, async () => {
    const read = await files.read('/box/stdout', offset, length);
    assert.deepEqual([read.size, read.data.toString()], [10, data]);
  });
}

test('one read gives 64 KiB at most', async () => {
  const { size, data } = await files.read('/box/large', 0, 1e9);
  assert.deepEqual([size, data.length], [maxReadBytes + 10, maxReadBytes]);
});

test('a directory is listed sorted, links that lead outside as links, bad names as text', async () => {
  const listing = await files.browse('/box/');
  assert.deepEqual(
    listing.map(({ path, mode }) => [path, modeText(mode ?? 0)[0]]),
    [
      ['/box/bad-\ufffd\ufffd', '-'],
      ['/box/dangling', 'l'],
      ['/box/device', 'l'],
      ['/box/fifo', 'p'],
      ['/box/inside', '-'],
      ['/box/inside-directory', 'd'],
      ['/box/large', '-'],
      ['/box/loop', 'l'],
      ['/box/neighbour', 'l'],
      ['/box/outside', 'l'],
      ['/box/outside-directory', 'l'],
      ['/box/stdout', '-'],
      ['/box/sub', 'd'],
    ],
  );
  const { size, nlink, uid, gid, mtime } = listing.find(({ path }) => path === '/box/stdout') ?? { path: '' };
  assert.deepEqual([size, nlink], [10, 1]);
  assert.equal(uid, execFileSync('id', ['-un']).toString().trim());
  assert.equal(gid, execFileSync('id', ['-gn']).toString().trim());
  assert.equal((mtime?.nanoseconds ?? 0) % 1e9, 0);
  assert.deepEqual(await files.browse('/box/stdout'), []);
});

test('a path that changes under our hands never leads outside', async () => {
  const flip = join(sandbox, 'flip');
  writeFileSync(join(directory, 'inside-flip'), 'inside');
  let stop = false;
  const attacker = (async () => {
    for (let turn = 0; !stop; turn++) {
      const fresh = join(sandbox, 'fresh');
      if (turn % 2 === 0) writeFileSync(fresh, 'inside');
      else await symlink('../secret', fresh);
      await rename(fresh, flip);
    }
  })();
  for (let attempt = 0; attempt < 300; attempt++) {
    const text = await files.read('/box/flip', 0).then(
      ({ data }) => data.toString(),
      () => 'refused',
    );
    assert.ok(['inside', 'refused', ''].includes(text), text);
  }
  stop = true;
  await attacker;
  unlinkSync(flip);
});

test('attaching what is not there fails; detaching ends access; debug shows all', async () => {
  const own = new Files();
  assert.equal(await outcome(own.attach(join(directory, 'none'), '/x', anybody)), 'NOT_FOUND');
  await own.attach(sandbox, '/b/', anybody);
  await own.attach(join(sandbox, 'inside-directory'), '/a', anybody);
  assert.deepEqual(await own.debug(), { '/a': join(sandbox, 'sub'), '/b': sandbox });
  assert.equal((await own.read('/a/file', 0)).data.toString(), 'in sub');
  own.detach('/a');
  assert.equal(await outcome(own.read('/a/file', 0)), 'NOT_FOUND');
});

const modes: [mode: number, text: string][] = [
  [0o100644, '-rw-r--r--'],
  [0o040750, 'drwxr-x---'],
  [0o120777, 'lrwxrwxrwx'],
  [0o041777, 'drwxrwxrwt'],
  [0o104755, '-rwsr-xr-x'],
  [0o102640, '-rw-r-S---'],
  [0o010600, 'prw-------'],
];
for (const [mode, text] of modes) test(`mode ${text}`, () => assert.equal(modeText(mode), text));

const cuts: [bytes: number[], text: string][] = [
  [[0x61, 0xc3], 'a'],
  [[0x61, 0xc3, 0xa9], 'aé'],
  [[0x61, 0xe2, 0x82], 'a'],
  [[0x61, 0xf0, 0x9f, 0x98], 'a'],
  [[0xf0, 0x9f, 0x98, 0x80], '😀'],
  [[0xc3], '\ufffd'],
  [[0x61, 0x80, 0x80, 0x80, 0x80], 'a\ufffd\ufffd\ufffd\ufffd'],
];
for (const [bytes, text] of cuts) {
  test(`bytes ${bytes.map(byte => byte.toString(16)).join(' ')} as text`, () =>
    assert.equal(utf8Text(Buffer.from(bytes)), text));
}
