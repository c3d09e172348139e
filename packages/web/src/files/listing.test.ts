import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browseUrl, crumbs, directoryPath, placeIn, readListing, sortedListing } from './listing.ts';

const answer = [
  { path: '/f/e/b', size: 10, mtime: 3, mode: '-rw-r--r--', uid: 'root', gid: 'root', nlink: 1 },
  { path: '/f/e/dir', size: 4096, mtime: 2, mode: 'drwxr-xr-x', uid: 'web', gid: 'www' },
  { path: '/f/e/a10', size: 2, mtime: 1, mode: 'lrwxrwxrwx' },
  { path: '/f/e/a9', size: 2, mtime: 5, mode: '-rw-r--r--', uid: 0, gid: 0 },
  { path: '/f/e/<img src=x>', size: 'x' },
  { size: 3 },
  null,
];

test('a listing has a row for each name', () => {
  const rows = readListing(answer);
  assert.deepEqual(
    rows.map(({ name, kind, size, owner }) => [name, kind, size, owner]),
    [
      ['b', 'file', 10, 'root:root'],
      ['dir', 'directory', 4096, 'web:www'],
      ['a10', 'link', 2, ''],
      ['a9', 'file', 2, '0:0'],
      ['<img src=x>', 'file', 0, ''],
    ],
  );
  assert.throws(() => readListing({ error: 'no' }), /no listing/);
});

const orders: readonly (readonly [sort: string, descending: boolean, names: readonly string[]])[] = [
  ['name', false, ['dir', '<img src=x>', 'a9', 'a10', 'b']],
  ['name', true, ['dir', 'b', 'a10', 'a9', '<img src=x>']],
  ['size', true, ['dir', 'b', 'a9', 'a10', '<img src=x>']],
  ['mtime', false, ['dir', '<img src=x>', 'a10', 'b', 'a9']],
];
for (const [sort, descending, names] of orders) {
  test(`by ${sort}${descending ? ', the largest first' : ''}`, () => {
    const sorted = sortedListing(readListing(answer), { sort, descending });
    assert.deepEqual(
      sorted.map(({ name }) => name),
      names,
    );
  });
}

test('places are below the sandbox, or paths of the agent', () => {
  assert.equal(directoryPath('/s', ''), '/s');
  assert.equal(directoryPath('/s', 'a/b'), '/s/a/b');
  assert.equal(directoryPath('/s', '../../etc/./x//y'), '/s/etc/x/y');
  assert.equal(directoryPath('/s', '/var/x/'), '/var/x');
  assert.equal(directoryPath('/s', '/'), '/');
  assert.deepEqual(crumbs('a/b'), [
    { name: 'a', path: 'a' },
    { name: 'b', path: 'a/b' },
  ]);
  assert.deepEqual(crumbs('/var'), [{ name: 'var', path: '/var' }]);
  assert.deepEqual([placeIn('', 'a'), placeIn('a', 'b'), placeIn('/', 'var')], ['a', 'a/b', '/var']);
  assert.equal(browseUrl('S 1', '/a&b'), '/agents/S%201/files/browse?path=%2Fa%26b');
});
