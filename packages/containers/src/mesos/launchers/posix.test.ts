import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Harness, hop, id } from './testing/harness.ts';

const forever = 'while :; do sleep 1000; done';

test('says so when perl is missing', async context => {
  const harness = await Harness.make(context);
  const path = process.env.PATH;
  process.env.PATH = harness.directory;
  try {
    await assert.rejects(harness.launcher().recover(), { code: 'SPAWNER', message: /perl is not installed/ });
  } finally {
    process.env.PATH = path;
  }
});

test('a shim that is stopped before it could tell of the start', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  const ids = Array.from({ length: 20 }, (_, index) => id(`c${index}`));
  await Promise.all(ids.map(each => launcher.launch(each, harness.shell('kill -STOP $PPID; exec sleep 1000'))));
  await Promise.all(ids.map(each => launcher.destroy(each)));
});

test('trees that end with the agent, one that forks as fast as it can', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher({ endsContainers: true });
  const argv = ['perl', '-e', hop, harness.directory];
  await launcher.launch(id('hops'), harness.shell('', { file: 'perl', argv }));
  await launcher.launch(id('c'), harness.shell(`(setsid sh -c '${forever}' &) ; exit 0`));
  await eventually('hopping', async () => ((await launcher.usage(id('hops')))?.systemSeconds ?? 0) > 0.05);
  await launcher.close();
  await eventually('their end', async () => (await harness.processes()).length === 0);
});

test('a checkpoint that cannot be removed is removed when it can be', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  await launcher.recover();
  const file = join(harness.runtimeDirectory, 'launcher', id('gone'));
  await mkdir(file); // which cannot be removed as a file is
  await launcher.remove(id('gone'));
  await launcher.remove(id('gone'));
  assert.match(
    harness.warnings.join('\n'),
    /^Cannot remove the checkpoint of container gone-\d+, .*: E(ISDIR|PERM): .*$/,
  );
  await rmdir(file);
  await writeFile(file, '');
  await eventually('its end', () => !existsSync(file));
});
