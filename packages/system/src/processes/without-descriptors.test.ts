/** What a process sees of others, and can do to them, when it can open no file. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { findMarkedProcesses } from './marked-processes.ts';
import { childPids, isAlive, readProcess, signalProcess } from './proc.ts';
import { signalTree } from './process-tree.ts';

/** Changes the limit of this process's open files, also when it can start no process any more. */
function limiter(t: TestContext): (files: number) => Promise<void> {
  const shell = spawn('/bin/sh', { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(shell, 'exit');
  t.after(() => {
    shell.stdin.end();
    return ended;
  });
  return async files => {
    shell.stdin.write(`prlimit --pid ${process.pid} --nofile=${files}: && echo done\n`);
    await once(shell.stdout, 'data');
  };
}

const absent = { pid: 2 ** 31 - 1, start: 1 };
const marks = { marker: { name: 'NONE', value: '' }, first: absent, ownsSession: false };

async function shellWithChild(t: TestContext) {
  const shell = spawn('/bin/sh', ['-c', 'sleep 1000 & echo ready; wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(shell, 'exit');
  await once(shell.stdout, 'data');
  const first = readProcess(shell.pid ?? 0);
  assert.ok(first);
  const [pid = 0] = childPids(first);
  const child = readProcess(pid);
  assert.ok(child);
  t.after(() => {
    if (isAlive(child)) process.kill(pid, 'SIGKILL');
    return ended;
  });
  return { first, child };
}

/** Opens files until no more can be opened. @returns what closes them. */
function openAll(): () => void {
  const files: number[] = [];
  try {
    while (true) files.push(openSync('/dev/null', 'r'));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE');
  }
  return () => files.forEach(closeSync);
}

test('with all descriptors in use, processes are still found and ended', async t => {
  const { first, child } = await shellWithChild(t);
  await limiter(t)(256);
  const close = openAll();
  try {
    assert.deepEqual([readProcess(child.pid)?.start, readProcess(absent.pid)], [child.start, undefined]);
    assert.deepEqual([isAlive(child), isAlive(absent)], [true, false]);
    assert.deepEqual(childPids(first), [child.pid]);
    assert.equal(await signalTree(first, 'SIGKILL'), 1);
  } finally {
    close();
  }
});

test('what cannot be read is not taken for ended', async t => {
  const { first, child } = await shellWithChild(t);
  const limitTo = limiter(t);
  await limitTo(3);
  try {
    for (const look of [() => readProcess(child.pid), () => childPids(first), () => signalProcess(child, 'SIGKILL')])
      assert.throws(look, { code: 'EMFILE' });
    await assert.rejects(signalTree(first, 'SIGKILL'), { code: 'EMFILE' });
    await assert.rejects(findMarkedProcesses(marks), { code: 'EMFILE' });
    assert.deepEqual([isAlive(child), isAlive(absent)], [true, true]);
  } finally {
    await limitTo(256);
  }
  assert.deepEqual([isAlive(child), isAlive(absent)], [true, false]);
  assert.notEqual(readProcess(child.pid)?.state, 'T');
});
