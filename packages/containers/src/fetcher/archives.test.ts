/** Archives: what is extracted, and what a hostile one cannot do. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { needs } from '@meseta/system/testing';
import { type Member, tarOf, zipOf } from './testing/archives.ts';
import { bench } from './testing/bench.ts';

const run = promisify(execFile);
/** Only root can make devices; for others tar fails. */
const saidOfDevice = process.geteuid?.() === 0 ? /device: null/ : /null: Cannot mknod/;

const failed = { code: 'FETCH', message: "Failed to fetch all URIs for container 'c': exited with status 1" };

const members: Member[] = [
  { name: 'plain', contents: 'plain' },
  { name: 'd/inner', contents: 'inner' },
  { name: 'd/link', symlink: 'inner' },
  { name: 'absolute-link', symlink: '/etc/hostname' },
];
const archives: [suffix: string, make: (tar: string, into: string) => Promise<unknown>][] = [
  ['tar', (tar, into) => run('cp', [tar, into])],
  ...[
    ['tgz', 'gzip'],
    ['tar.gz', 'gzip'],
    ['tbz2', 'bzip2'],
    ['tar.bz2', 'bzip2'],
    ['txz', 'xz'],
    ['tar.xz', 'xz'],
  ].map(([suffix, tool]): [string, (tar: string, into: string) => Promise<unknown>] => [
    suffix ?? '',
    (tar, into) => run('sh', ['-c', `${tool} -c '${tar}' >'${into}'`]),
  ]),
  ['zip', (_, into) => writeFile(into, zipOf(members))],
];
for (const [suffix, make] of archives) {
  test(`extracts .${suffix}`, async t => {
    const { fetch, list, read, sandbox, source, sources } = await bench(t);
    await make(await source('made', tarOf(members)), join(sources, `a.${suffix}`));
    await mkdir(join(sandbox, 'd'));
    await writeFile(join(sandbox, 'd', 'other'), '');
    await fetch({ value: `a.${suffix}`, output_file: `sub/b.${suffix}` });
    assert.deepEqual(await list(), ['absolute-link', 'd', 'plain', 'sub']);
    assert.deepEqual(await readdir(join(sandbox, 'sub')), [`b.${suffix}`]);
    assert.equal(await read('d', 'link'), 'inner');
    assert.deepEqual((await readdir(join(sandbox, 'd'))).sort(), ['inner', 'link', 'other']);
    assert.equal(await readlink(join(sandbox, 'absolute-link')), '/etc/hostname');
  });
}

test('extracts .gz to one file', async t => {
  const { fetch, list, read, source } = await bench(t);
  await fetch({ value: await source('text.gz', gzipSync('text')) });
  assert.deepEqual(await list(), ['text', 'text.gz']);
  assert.equal(await read('text'), 'text');
});

test('an archive whose name without .gz is no name keeps it', async t => {
  const { fetch, list, read, source } = await bench(t);
  for (const name of ['..gz', '...gz']) await fetch({ value: await source(name, gzipSync('text')) });
  assert.deepEqual(await list(), ['...gz', '..gz']);
  assert.equal(await read('..gz'), 'text');
});

test('hard links within an archive are kept', async t => {
  const { fetch, sandbox, source } = await bench(t);
  await fetch({
    value: await source(
      'a.tar',
      tarOf([
        { name: 'a', contents: 'x' },
        { name: 'b', hardLink: 'a' },
      ]),
    ),
  });
  assert.equal((await lstat(join(sandbox, 'b'))).nlink, 2);
});

for (const [suffix, pack] of [
  ['tar', tarOf],
  ['zip', zipOf],
] as const) {
  test(`programs in a .${suffix}, and beside it, run as who starts them`, async t => {
    const { fetch, sandbox, source } = await bench(t);
    await source(`a.${suffix}`, pack([{ name: 'd/program', contents: 'x', mode: 0o6755 }]));
    await chmod(await source('local', 'x'), 0o6755);
    await fetch({ value: `a.${suffix}` }, { value: 'local' });
    for (const path of ['d/program', 'local']) {
      assert.equal((await lstat(join(sandbox, path))).mode & 0o7777, 0o755, path);
    }
  });
}

test('a directory that may not be written to comes out as it was', async t => {
  const { fetch, read, sandbox, sources } = await bench(t);
  const inside = join(sources, 'd');
  await mkdir(inside);
  await writeFile(join(inside, 'f'), 'x');
  await chmod(inside, 0o555);
  await run('tar', ['cf', join(sources, 'a.tar'), '-C', sources, 'd']);
  await fetch({ value: 'a.tar' });
  const made = join(sandbox, 'd');
  assert.equal((await lstat(made)).mode & 0o777, 0o555);
  assert.equal(await read('d', 'f'), 'x');
  await Promise.all([inside, made].map(each => chmod(each, 0o755))); // so that the test can remove them
});

test('directories that their owner may not enter are opened', needs.root('tasks run as other users'), async t => {
  const { fetch, read, sandbox, sources } = await bench(t, {}, 'nobody');
  const [outer, inner] = [join(sources, 'd'), join(sources, 'd', 'e')];
  await mkdir(inner, { recursive: true });
  await writeFile(join(inner, 'f'), 'x');
  for (const each of [inner, outer]) await chmod(each, 0);
  await run('tar', ['cf', join(sources, 'a.tar'), '-C', sources, 'd']);
  await fetch({ value: 'a.tar' });
  assert.equal(await read('d', 'e', 'f'), 'x');
  for (const each of ['d', 'd/e']) assert.equal((await lstat(join(sandbox, each))).mode & 0o777, 0o500);
});

test('a directory that may not be written to is not left behind', needs.root('tasks run as other users'), async t => {
  const { fetch, list, source, sources } = await bench(t, {}, 'nobody');
  await mkdir(join(sources, 'd'));
  await writeFile(join(sources, 'd', 'f'), 'x');
  await chmod(join(sources, 'd'), 0o555);
  await run('tar', ['cf', join(sources, 'a.tar'), '-C', sources, 'd']);
  const inTheWay = { value: await source('x', 'x'), output_file: 'stdout/x' };
  await assert.rejects(fetch(inTheWay, { value: 'a.tar' }), failed);
  assert.deepEqual(await list(), []);
});

test('absolute members land in the sandbox', async t => {
  const { fetch, list, source, directory } = await bench(t);
  const name = join(directory, 'outside');
  await fetch({ value: await source('a.tar', tarOf([{ name, contents: 'x' }])) });
  assert.deepEqual(await list(), ['a.tar', 'tmp']);
  await assert.rejects(lstat(name), { code: 'ENOENT' });
});

const hostile: [name: string, archive: (outside: string) => Buffer, said: RegExp, suffix?: string][] = [
  [
    '..',
    () => tarOf([{ name: '../escaped', contents: 'x' }]),
    /Cannot extract 'a\.tar': \.\.\/escaped: Member name contains/,
  ],
  [
    'a link out and a file below it',
    outside =>
      tarOf([
        { name: 'l', symlink: outside },
        { name: 'l/escaped', contents: 'x' },
      ]),
    /Cannot extract 'a\.tar': l\/escaped: Cannot open/,
  ],
  [
    'a relative link out and a file below it',
    () =>
      tarOf([
        { name: 'l', symlink: '../../..' },
        { name: 'l/escaped', contents: 'x' },
      ]),
    /Cannot extract 'a\.tar': l\/escaped: Cannot open/,
  ],
  ['a hard link out', outside => tarOf([{ name: 'h', hardLink: `${outside}/precious` }]), /hard link/],
  ['a relative hard link out', () => tarOf([{ name: 'h', hardLink: '../../../outside/precious' }]), /hard link/],
  ['not an archive', () => Buffer.from('x'.repeat(2000)), /: 'a\.tar' is broken, or no tar archive as its name says\n/],
  ['truncated', () => tarOf(members).subarray(0, 700), /'a\.tar' is broken/],
  ['.. in a zip', () => zipOf([{ name: 'd/../../escaped', contents: 'x' }]), /d\/\.\.\/\.\.\/escaped/, 'zip'],
  [
    'a link out in a zip',
    outside =>
      zipOf([
        { name: 'l', symlink: outside },
        { name: 'l/escaped', contents: 'x' },
      ]),
    /Cannot extract 'a\.zip': l exists but is not directory\n/,
    'zip',
  ],
  ...['tgz', 'tbz2', 'txz'].map((suffix): (typeof hostile)[number] => [
    `no archive as .${suffix} says`,
    () => Buffer.from('x'),
    new RegExp(`: 'a\\.${suffix}' is broken, or no tar archive as its name says\n`),
    suffix,
  ]),
  [
    'a name that is too long',
    () => execFileSync('tar', ['-cf', '-', '--transform', `s,.*,${'n'.repeat(300)},`, '-C', '/etc', 'passwd']),
    /Cannot extract 'a\.tar': n+…n*: Cannot open: File name too long\n/,
  ],
  [
    'a name in a zip that is too long',
    () => zipOf([{ name: 'n'.repeat(300), contents: 'x' }]),
    /Cannot extract 'a\.zip': cannot create n+…n+: File name too long\n/,
    'zip',
  ],
  ['not a zip', () => Buffer.from('x'), /: 'a\.zip' is broken, or no zip archive as its name says\n/, 'zip'],
  ['a broken zip', () => zipOf(members).fill('!', 35, 40), /: 'a\.zip' is broken\n/, 'zip'],
  ['not a gz', () => Buffer.from('x'), /: 'a\.gz' is broken, or not compressed by gzip\n/, 'gz'],
  ['truncated gz', () => gzipSync('text').subarray(0, 15), /: 'a\.gz' is broken/, 'gz'],
  ['a device', () => tarOf([{ name: 'null', device: true }]), saidOfDevice],
];
for (const [name, archive, said, suffix = 'tar'] of hostile) {
  test(`refuses an archive with ${name}`, async t => {
    const { directory, fetch, list, read, source } = await bench(t);
    const outside = join(directory, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'precious'), 'precious');
    await assert.rejects(fetch({ value: await source(`a.${suffix}`, archive(outside)) }), failed);
    const stderr = await read('stderr');
    assert.match(stderr, said);
    assert.match(stderr, /^Failed to fetch \/.*\n$/);
    assert.deepEqual(await list(), []);
    assert.deepEqual(await readdir(outside), ['precious']);
    assert.deepEqual((await readdir(directory)).sort(), ['outside', 'sandbox', 'sources']);
    assert.equal(await readFile(join(outside, 'precious'), 'utf8'), 'precious');
  });
}

test('an archive cannot write through a link that another one brought', async t => {
  const { directory, fetch, read, source } = await bench(t);
  const outside = join(directory, 'outside');
  await mkdir(outside);
  const link = await source('a.tar', tarOf([{ name: 'l', symlink: outside }]));
  await assert.rejects(
    fetch({ value: link }, { value: await source('b.tar', tarOf([{ name: 'l/x', contents: 'x' }])) }),
    failed,
  );
  assert.match(await read('stderr'), /'l' cannot be put into its place/);
  assert.deepEqual(await readdir(outside), []);
});
