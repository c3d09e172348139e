/** A master that is short of file descriptors goes on serving, and says what to do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { freePort } from './support/daemon.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'descriptors-'));
after(() => rmSync(directory, { recursive: true }));

const entry = new URL('../packages/cli/bin/meseta.mjs', import.meta.url).pathname;

for (const [kind, ...flags] of [
  ['master', '--registry=in_memory'],
  ['agent', '--master=127.0.0.1:1', '--work_dir=nowhere/work', '--runtime_dir=nowhere/run'],
  ['local', '--port=0', '--work-dir=nowhere/local'],
]) {
  test(`a limit of open files that is too low for ${kind} is told with what to do`, async () => {
    const words = [process.execPath, '--disable-warning=ExperimentalWarning', entry, `${kind}`, ...flags];
    const start = ['-c', 'ulimit -n 60 && exec "$@"', 'sh', ...words];
    const daemon = spawn('/bin/sh', start, { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory });
    const [said, [code]] = await Promise.all([text(daemon.stderr), once(daemon, 'close')]);
    assert.equal(code, 1);
    assert.match(said, /The limit of open files is 60, and a daemon needs 128 or more\. Raise it \(ulimit -n, or/);
  });
}

test('connections beyond the limit are closed, told once, and others are served', async t => {
  const port = await freePort();
  const flags = ['--ip=127.0.0.1', '--hostname=127.0.0.1', `--port=${port}`, '--registry=in_memory'];
  const command = ['-c', 'ulimit -n 200 && exec "$@"', 'sh', process.execPath, '--disable-warning=ExperimentalWarning'];
  const master = spawn('/bin/sh', [...command, entry, 'master', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(master, 'exit');
  t.after(() => {
    master.kill('SIGKILL');
    return ended;
  });
  let log = '';
  master.stderr.on('data', (piece: Buffer) => {
    log += piece;
  });
  const healthy = async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.status === 200;
  await eventually('a master', healthy);
  let closed = 0;
  const sockets = Array.from({ length: 300 }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    return socket.on('close', () => closed++);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await eventually('connections that are closed', () => closed >= 100);
  await eventually('a line about it', () => log.includes('file descriptors are in use'));
  for (const socket of sockets) socket.destroy();
  await eventually('answers again', healthy);
  assert.equal(
    log.match(/file descriptors are in use\. Raise the limit \(ulimit -n, or LimitNOFILE=/g)?.length,
    1,
    log,
  );
});
