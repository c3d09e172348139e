import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { Paths } from './disk/paths.ts';
import { agentFlags } from './flags.ts';
import { showFiles } from './sandboxes.ts';
import { recordedAgent, recording, temporaryDirectory, viewContext } from './testing/recorded-agent.ts';

/** Sandboxes of executor `e` of framework `f`, two runs; `at` is where they are. */
async function setUp(t: TestContext) {
  const work = await temporaryDirectory(t);
  const agent = recordedAgent();
  const context = viewContext(agent, { paths: new Paths(work) });
  await showFiles(context);
  const runs = `${work}/slaves/${agent.id}/frameworks/f/executors/e/runs`;
  for (const run of ['one', 'two']) {
    await mkdir(join(runs, run), { recursive: true });
    await writeFile(join(runs, run, 'stdout'), run);
  }
  await symlink(join(runs, 'two'), join(runs, 'latest'));
  return { files: context.files, work, runs };
}

test('a sandbox has the three names that Mesos gives it', async t => {
  const { files, runs } = await setUp(t);
  assert.deepEqual(await files.debug(), {
    '/frameworks/f/executors/e/runs/latest': join(runs, 'two'),
    [join(runs, 'latest')]: join(runs, 'two'),
    [join(runs, 'one')]: join(runs, 'one'),
    [join(runs, 'two')]: join(runs, 'two'),
  });
  // The recording has the same kinds of names, and no others.
  const kinds = /^(\/frameworks\/[^/]+\/executors\/[^/]+\/runs\/latest|\/.*\/runs\/(latest|[0-9a-f-]{36}))$/;
  for (const name of Object.keys(recording('files_debug').response.body)) assert.match(name, kinds);
});

test('a sandbox is seen by each of its names for as long as it is there', async t => {
  const { files, runs } = await setUp(t);
  for (const [name, text] of [
    ['/frameworks/f/executors/e/runs/latest', 'two'],
    [join(runs, 'latest'), 'two'],
    [join(runs, 'one'), 'one'],
  ] as const) {
    assert.equal((await files.read(`${name}/stdout`, 0)).data.toString(), text);
    assert.deepEqual(
      (await files.browse(name)).map(({ path }) => path),
      [`${name}/stdout`],
    );
  }
  await rm(join(runs, 'one'), { recursive: true });
  await assert.rejects(files.browse(join(runs, 'one')), { code: 'NOT_FOUND' });
});

test('nothing but sandboxes is seen', async t => {
  const { files, runs, work } = await setUp(t);
  await writeFile(join(runs, 'file'), '');
  await symlink(work, join(runs, 'elsewhere'));
  for (const path of [
    work,
    runs,
    '/frameworks/f/executors/e/runs',
    '/frameworks/f/executors/e/runs/one', // by its id a run has only its own path
    '/frameworks/f/executors/none/runs/latest',
    '/frameworks/../executors/e/runs/latest',
    join(runs, 'elsewhere'),
    `${runs}/..`,
  ]) {
    await assert.rejects(files.browse(path), { code: 'NOT_FOUND' }, path);
  }
  await assert.rejects(files.browse(`${runs}/one/../two`), { code: 'INVALID' });
});

test('the log of whoever keeps it is /slave/log', async t => {
  const file = join(await temporaryDirectory(t), 'agent.log');
  await writeFile(file, 'a line\n');
  const argv = ['--work_dir=/x', '--master=127.0.0.1:5050', `--external_log_file=${file}`];
  const context = viewContext(recordedAgent(), { flags: parseFlags(agentFlags, argv).flags });
  await showFiles(context);
  const { data } = await context.files.read('/slave/log', 0);
  assert.equal(data.toString(), 'a line\n');
});
