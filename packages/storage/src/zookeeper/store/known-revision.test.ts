import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { RevisionFile } from './known-revision.ts';

const directory = mkdtempSync(join(tmpdir(), 'known-'));
after(() => rmSync(directory, { recursive: true }));

test('what was seen is remembered by the next process, for its store only', async () => {
  const path = join(directory, 'remembered');
  const file = new RevisionFile(path);
  file.assertReaches({ store: 'a', revision: 0 });
  for (let revision = 1; revision <= 100; revision++) file.saw({ store: 'a', revision });
  file.saw({ store: 'a', revision: 7 });
  await eventually('the file', () => existsSync(path) && readFileSync(path, 'utf8').includes('100'));
  const next = new RevisionFile(path);
  next.assertReaches({ store: 'a', revision: 100 });
  next.assertReaches({ store: 'a', revision: 101 });
  next.assertReaches({ store: 'b', revision: 1 });
  assert.throws(() => next.assertReaches({ store: 'a', revision: 99 }), {
    code: 'STORAGE_CORRUPT',
    message: /revision 99, and this machine has seen revision 100 \(\/\S+remembered\)/,
  });
  next.saw({ store: 'b', revision: 3 });
  next.assertReaches({ store: 'a', revision: 1 });
});

for (const [name, content] of [
  ['a broken file', '{"store":"a","rev'],
  ['another content', '{"store":1,"revision":"x"}'],
  ['null', 'null'],
] as const) {
  test(`${name} counts as empty`, () => {
    const path = join(directory, 'broken');
    writeFileSync(path, content);
    new RevisionFile(path).assertReaches({ store: 'a', revision: 0 });
  });
}

test('a file that cannot be written is reported once, the check goes on in memory, and it is tried again', async () => {
  const path = join(directory, 'occupied');
  mkdirSync(path);
  const reports: unknown[] = [];
  const file = new RevisionFile(path, error => reports.push(error));
  file.saw({ store: 'a', revision: 5 });
  await eventually('the error', () => reports.length === 1);
  assert.throws(() => file.assertReaches({ store: 'a', revision: 4 }), { code: 'STORAGE_CORRUPT' });
  const tried = () => existsSync(`${path}.new`) && readFileSync(`${path}.new`, 'utf8').includes('6');
  file.saw({ store: 'a', revision: 6 });
  await eventually('the second try', tried);
  rmSync(path, { recursive: true });
  await eventually('the file, though nothing new is seen', () => {
    file.saw({ store: 'a', revision: 6 });
    return existsSync(path);
  });
  await eventually('the end of the trouble', () => reports.length > 1);
  assert.match(String(reports[0]), /EISDIR|ENOTDIR/);
  assert.deepEqual(reports.slice(1), [undefined]);
  new RevisionFile(path).assertReaches({ store: 'a', revision: 6 });
});
