import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandInfoURI } from '@meseta/protocol';
import { type Item, planItem } from './plan.ts';

const home = '/frameworks';

const taken: [uri: Partial<CommandInfoURI>, expected: Partial<Item>][] = [
  [{ value: '/a/b.txt' }, { source: { kind: 'local', path: '/a/b.txt' }, destination: ['b.txt'], archive: undefined }],
  [{ value: 'file:///a/b' }, { source: { kind: 'local', path: '/a/b' } }],
  [{ value: 'file://localhost/a/b' }, { source: { kind: 'local', path: '/a/b' } }],
  [{ value: 'a/b' }, { source: { kind: 'local', path: '/frameworks/a/b', below: home }, destination: ['b'] }],
  [{ value: 'a:b' }, { source: { kind: 'local', path: '/frameworks/a:b', below: home }, destination: ['a:b'] }],
  [
    { value: 'http://h', output_file: 'x' },
    { source: { kind: 'http', uri: 'http://h' }, destination: ['x'] },
  ],
  [{ value: '  /a/b' }, { source: { kind: 'local', path: '/a/b' } }],
  [{ value: '/a/b/' }, { destination: ['b'] }],
  [{ value: 'http://h/a/b' }, { source: { kind: 'http', uri: 'http://h/a/b' }, destination: ['b'] }],
  [{ value: 'HTTPS://h/a' }, { source: { kind: 'http', uri: 'HTTPS://h/a' }, destination: ['a'] }],
  [{ value: 'http://h/a?b=c.tar' }, { destination: ['a?b=c.tar'], archive: 'tar' }],
  [{ value: 'http://h/?b=c/d' }, { destination: ['d'] }],
  [{ value: 'ftps://h/a' }, { source: { kind: 'ftp', uri: 'ftps://h/a' } }],
  [
    { value: 's3n://bucket/a' },
    { source: { kind: 'other', uri: 's3n://bucket/a', scheme: 's3n' }, destination: ['a'] },
  ],
  [{ value: '/a', output_file: 'x/./y//z' }, { destination: ['x', 'y', 'z'] }],
  [
    { value: 'http://h/a?x', output_file: 'x.tgz' },
    { destination: ['x.tgz'], archive: 'tar' },
  ],
  [{ value: '/a.tgz', output_file: 'x' }, { archive: undefined }],
  [
    { value: '/a.tgz', executable: true },
    { executable: true, archive: undefined },
  ],
  [{ value: '/a.tgz', extract: false }, { archive: undefined }],
  ...['tar', 'tgz', 'tar.gz', 'tbz2', 'tar.bz2', 'txz', 'tar.xz'].map(
    (suffix): [Partial<CommandInfoURI>, Partial<Item>] => [{ value: `/a.${suffix}` }, { archive: 'tar' }],
  ),
  [{ value: 'http://h/app.tgz?op=OPEN' }, { archive: undefined, asked: true }],
  [
    { value: '/a', extract: true },
    { archive: undefined, asked: true },
  ],
  [{ value: '/a' }, { archive: undefined, asked: false }],
  [
    { value: '/a.tgz', extract: false },
    { archive: undefined, asked: false },
  ],
  [{ value: '/a.zip' }, { archive: 'zip' }],
  [{ value: '/a.gz' }, { archive: 'gz' }],
  [{ value: '/a.gzip' }, { archive: undefined }],
];
for (const [uri, expected] of taken) {
  test(`takes ${JSON.stringify(uri)}`, () => {
    const item = planItem({ value: '', ...uri }, home);
    assert.deepEqual({ ...item, ...expected }, item);
  });
}

const refused: [uri: Partial<CommandInfoURI>, message: RegExp, frameworksHome?: string][] = [
  [{ value: 'a/b' }, /^A relative path needs --frameworks_home/],
  [{ value: 'notauri:foo' }, /^No '\/\/' follows 'notauri:', and a relative path needs --frameworks_home/],
  [{ value: 'file://a/b' }, /absolute path/, home],
  [{ value: 'file://' }, /absolute path/],
  ...['http://h', 'http://h/', 'http://h/a/', 'http://h?a'].map((value): [Partial<CommandInfoURI>, RegExp] => [
    { value },
    /^The URI names no file: give the file a name with output_file$/,
  ]),
  [{ value: '/a/..' }, /leads out/],
  [{ value: 'http://h/a/..' }, /leads out/],
  [{ value: '/' }, /is a directory/],
  [{ value: 'file:///a/' }, /is a directory/],
  [{ value: '' }, /is empty/],
  [{ value: ' ', output_file: 'x' }, /is empty/, home],
  ...['\\', "'", '"', '\0', '\n', '\x7f'].map((each): [Partial<CommandInfoURI>, RegExp] => [
    { value: `/a${each}b` },
    /Illegal characters/,
  ]),
  [{ value: `/${'é'.repeat(128)}` }, /longer than 255 bytes/],
  [{ value: '/a', output_file: '/b' }, /absolute/],
  [{ value: '/a', output_file: '../b' }, /leads out/],
  [{ value: '/a', output_file: 'b/../../c' }, /leads out/],
  [{ value: '/a', output_file: 'b/' }, /names no file/],
  [{ value: '/a', output_file: '' }, /names no file/],
  [{ value: '/a', output_file: 'b\0' }, /Illegal characters/],
];
for (const [uri, message, frameworksHome] of refused) {
  test(`refuses ${JSON.stringify(uri)}`, () =>
    assert.throws(() => planItem({ value: '', ...uri }, frameworksHome), { name: 'FetchError', message }));
}
