import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, FakeClock } from '@meseta/system/testing';
import type { MasterContext } from './context.ts';
import { watchWhitelist } from './whitelist.ts';

test('the file of --whitelist is read again; while it cannot be, what it said last remains', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'whitelist-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'hosts');
  const clock = new FakeClock();
  const given: string[][] = [];
  const errors: string[] = [];
  const context = {
    flags: { whitelist: path },
    allocation: { updateWhitelist: (hosts: ReadonlySet<string>) => given.push([...hosts]) },
    clock,
    log: { error: (message: string) => errors.push(message) },
  } as unknown as MasterContext;
  t.after(await watchWhitelist(context));
  assert.equal(errors.length, 1, 'the file is missing');
  assert.match(errors[0] ?? '', /Cannot read --whitelist '.*hosts': .*What it said last remains/);

  /** Changes the file, and lets the master read it; each read sets the next timer. */
  const read = async (change: () => Promise<void>, seen: () => boolean) => {
    await change();
    await eventually('the next read', () => {
      if (seen()) return true;
      clock.advance(5000);
      return false;
    });
  };
  /** Replaces the file, so that a read that is going on has the old or the new one, and no part of it. */
  const replace = async (text: string) => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  await read(
    () => replace('one\ntwo\n'),
    () => given.length === 1,
  );
  await read(
    () => rm(path),
    () => errors.length === 2,
  );
  assert.deepEqual(given, [['one', 'two']], 'a file that is gone changes nothing');
  // Names are taken as they are, blanks included; a file without any excludes all agents.
  await read(
    () => replace(' one\n'),
    () => given.length === 2,
  );
  await read(
    () => replace(''),
    () => given.length === 3,
  );
  assert.deepEqual(given, [['one', 'two'], [' one'], []]);
});

for (const whitelist of [undefined, '*']) {
  test(`--whitelist ${whitelist ?? 'that is not given'} reads nothing`, async () => {
    (await watchWhitelist({ flags: { whitelist } } as unknown as MasterContext))();
  });
}
