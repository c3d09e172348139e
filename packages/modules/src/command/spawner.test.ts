/** What happens when the helper, or its daemon, is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '@meseta/daemon';
import { eventually, lives } from '../testing/harness.ts';
import { ForkRunner } from './fork-runner.ts';
import { CommandSpawner } from './spawner.ts';

function bench(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'spawner-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const script = join(directory, 'script');
  writeFileSync(script, '#!/bin/sh\necho $PPID > "$0.parent"; echo $$ > "$0.pid"; while true; do sleep 1; done\n');
  chmodSync(script, 0o755);
  return { directory, script, files: () => readdirSync(join(directory, 'command_modules')) };
}

test('a helper that is killed fails its calls; the next call has a new one', async context => {
  const { directory, script } = bench(context);
  const spawner = new CommandSpawner(directory, () => {});
  await spawner.start();
  const runner = new ForkRunner('test', spawner, silentLogger());
  context.after(() => spawner.close());
  const call = (command: string) => runner.run({ command, method: 'prepare', input: '{}', timeoutMs: 60_000 });
  const failed = assert.rejects(call(script), {
    code: 'COMMAND_NOT_EXECUTED',
    message: /the process that runs commands was killed/,
  });
  await eventually('the script runs', () => lives(`${script}.pid`));
  process.kill(Number(readFileSync(`${script}.parent`, 'utf8')), 'SIGKILL');
  await failed;
  await eventually('the script is killed, too', () => !lives(`${script}.pid`));
  assert.deepEqual(await call('true'), { text: '' });
});

test('commands end with a daemon that is killed, and leave no files', async context => {
  const { directory, script, files } = bench(context);
  const program = new URL('../testing/fixture-daemon.ts', import.meta.url).pathname;
  const args = ['--disable-warning=ExperimentalWarning', program, directory, script];
  const daemon = spawn(process.execPath, args, { stdio: 'inherit' });
  await eventually('the script runs', () => lives(`${script}.pid`));
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  await eventually('the script is killed', () => !lives(`${script}.pid`));
  await eventually('no file is left', () => files().length === 0);
});

test('files that a killed helper left are removed at the next start', async context => {
  const { directory, files } = bench(context);
  const spawner = new CommandSpawner(directory, () => {});
  await spawner.start();
  writeFileSync(join(directory, 'command_modules', 'left.in'), '{}');
  await spawner.close();
  const next = new CommandSpawner(directory, () => {});
  await next.start();
  context.after(() => next.close());
  assert.deepEqual(files(), []);
});
