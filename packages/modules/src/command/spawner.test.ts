/** What happens when the helper, or its daemon, is killed. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { isRunning, type Mode } from '../testing/harness.ts';
import { openCallDirectory } from './call-directory.ts';
import { ForkRunner } from './fork-runner.ts';
import { CommandSpawner } from './spawner.ts';

function bench(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'spawner-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const script = join(directory, 'script');
  writeFileSync(
    script,
    `#!/bin/sh
    (setsid sh -c "trap : TERM; echo \\$\\$ > $0.away; while true; do sleep 1; done" &)
    echo $PPID > "$0.parent"; echo $$ > "$0.pid"; while true; do sleep 1; done\n`,
  );
  chmodSync(script, 0o755);
  return { directory, script, files: () => readdirSync(join(directory, 'command_modules')) };
}

test('a helper that does not start says why', async context => {
  const { directory } = bench(context);
  const path = process.env.PATH;
  context.after(() => {
    process.env.PATH = path;
  });
  process.env.PATH = directory;
  await assert.rejects(new CommandSpawner(directory, () => {}).start(), {
    code: 'MODULE_FAILED',
    message: 'Cannot start the process that runs commands: perl is not installed (Debian package perl-base)',
  });
});

test('a helper that is killed fails its calls; the next call has a new one', async context => {
  const { directory, script } = bench(context);
  const spawner = new CommandSpawner(await openCallDirectory(directory), () => {});
  await spawner.start();
  const runner = new ForkRunner('test', spawner, silentLogger());
  context.after(() => spawner.close());
  const call = (command: string) => runner.run({ command, method: 'prepare', input: '{}', timeoutMs: 60_000 });
  const failed = assert.rejects(call(script), {
    code: 'COMMAND_NOT_EXECUTED',
    message: /the process that runs commands was killed/,
  });
  await eventually('the script runs', () => isRunning(`${script}.pid`));
  process.kill(Number(readFileSync(`${script}.parent`, 'utf8')), 'SIGKILL');
  await failed;
  await eventually('the script is killed, too', () => !isRunning(`${script}.pid`));
  assert.deepEqual(await call('true'), { text: '' });
});

test('a helper that is stuck is replaced, so that every call has its end', async context => {
  const { directory, script, files } = bench(context);
  const spawner = new CommandSpawner(await openCallDirectory(directory), () => {}, 5000); // enough for a start
  await spawner.start();
  const runner = new ForkRunner('test', spawner, silentLogger());
  context.after(() => spawner.close());
  const call = (command: string, timeoutMs: number) =>
    runner.run({ command, method: 'prepare', input: '{}', timeoutMs });
  const first = assert.rejects(call(script, 60_000), { code: 'COMMAND_NOT_EXECUTED' });
  await eventually('the script runs', () => isRunning(`${script}.pid`) && existsSync(`${script}.parent`));
  process.kill(Number(readFileSync(`${script}.parent`, 'utf8')), 'SIGSTOP');
  await assert.rejects(call('true', 100), { code: 'COMMAND_TIMED_OUT' });
  await first;
  await eventually('the script is killed', () => !isRunning(`${script}.pid`));
  await eventually('no file is left', () => files().length === 0);
  assert.deepEqual(await call('true', 60_000), { text: '' });
});

/** Starts a daemon that runs the script, waits for the script and kills the daemon, with its helper if asked to. */
async function killDaemon(
  { directory, script }: ReturnType<typeof bench>,
  mode: Mode,
  withHelper = false,
): Promise<void> {
  const program = new URL('../testing/fixture-daemon.ts', import.meta.url).pathname;
  const args = ['--disable-warning=ExperimentalWarning', program, mode, directory, script];
  const daemon = spawn(process.execPath, args, { stdio: 'inherit' });
  await eventually('the script runs', () => isRunning(`${script}.pid`) && isRunning(`${script}.away`));
  if (withHelper) {
    daemon.kill('SIGSTOP'); // it must not notice
    process.kill(Number(readFileSync(`${script}.parent`, 'utf8')), 'SIGKILL');
  }
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
}

test('commands end with a daemon that is killed, those that left their session too, and leave no files', async context => {
  const at = bench(context);
  await killDaemon(at, 'fork');
  await eventually('all is killed', () => !isRunning(`${at.script}.pid`) && !isRunning(`${at.script}.away`));
  await eventually('no file is left', () => at.files().length === 0);
});

test('what a daemon and a helper that were killed have left is ended and removed at the next start', async context => {
  const at = bench(context);
  await killDaemon(at, 'fork', true);
  assert.ok(isRunning(`${at.script}.pid`) && isRunning(`${at.script}.away`));
  mkdirSync(join(at.directory, 'command_modules', 'left.out', 'by-a-command'), { recursive: true });
  await openCallDirectory(at.directory);
  assert.ok(!isRunning(`${at.script}.pid`) && !isRunning(`${at.script}.away`));
  assert.deepEqual(at.files(), []);
});

test('a co-process that outlives its daemon is ended by the next one', async context => {
  const at = bench(context);
  await killDaemon(at, 'persistent');
  assert.ok(isRunning(`${at.script}.pid`));
  await openCallDirectory(at.directory);
  assert.ok(!isRunning(`${at.script}.pid`) && !isRunning(`${at.script}.away`));
  assert.deepEqual(at.files(), []);
});
