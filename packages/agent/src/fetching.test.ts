/** Tasks whose commands name URIs, and what can happen to them before they run. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import {
  type CommandInfo,
  ExitedExecutorMessage,
  KillTaskMessage,
  ShutdownExecutorMessage,
  ShutdownFrameworkMessage,
} from '@meseta/protocol';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { frameworkId } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const run = promisify(execFile);
const framework_id = { value: frameworkId };

/** A server of one file that never comes. */
async function silentServer(t: TestContext) {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const listener: RequestListener = (request, response) => {
    asked.resolve();
    request.socket.once('close', () => left.resolve());
    response.writeHead(200).write('a part');
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
  return { uri, asked: asked.promise, left: left.promise };
}

function sandbox({ directory }: Bench, executor: string): string {
  return join(directory, 'work/slaves/latest/frameworks', frameworkId, 'executors', executor, 'runs/latest');
}

function runExecutor({ master }: Bench, id: string, command: CommandInfo): void {
  master.run({ id, executor: { executor_id: { value: id }, command, framework_id, resources: [] } });
}

async function become(expected: boolean, look: () => Promise<boolean>): Promise<void> {
  await eventually(`${look.name} is ${expected}`, async () => (await look()) === expected);
}

const messageOf = (problem: string) => new RegExp(`^Failed to launch container: ${problem}$`);
const notFetched = messageOf("Failed to fetch all URIs for container '[-0-9a-f]{36}': exited with status 1");

test('commands with URIs', async t => {
  const at = await bench(t);
  const { master } = at;
  const home = join(at.directory, 'home');
  await mkdir(home);
  await writeFile(join(home, 'greeting'), 'hello');
  const agent = await startTestAgent(at, `--frameworks_home=${home}`, '--fetcher_stall_timeout=200ms');
  at.onEnd(() => agent.shutdown());
  const count = async (result: string) => {
    const snapshot = await fetch(`http://127.0.0.1:${agent.port}/metrics/snapshot`);
    return ((await snapshot.json()) as Record<string, number>)[`containerizer/fetcher/task_fetches_${result}`];
  };

  await t.test('find them in the sandbox', async () => {
    master.run({ id: 'reads', command: { value: 'cat greeting', uris: [{ value: 'greeting' }] } });
    await master.until('reads', 'TASK_FINISHED');
    assert.equal(await readFile(join(sandbox(at, 'reads'), 'stdout'), 'utf8'), 'hello');
    assert.equal(await count('succeeded'), 1);
    assert.equal(await count('failed'), 0);
  });

  await t.test('are not run without them', async () => {
    master.run({ id: 'lacks', command: { value: 'true', uris: [{ value: '/no/such/file' }] } });
    const { status } = await master.until('lacks', 'TASK_FAILED');
    assert.deepEqual(master.states('lacks'), ['TASK_FAILED']);
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.equal(status.source, 'SOURCE_AGENT');
    assert.match(status.message ?? '', notFetched);
    assert.match(await readFile(join(sandbox(at, 'lacks'), 'stderr'), 'utf8'), /\/no\/such\/file: .*No such file/);
    assert.equal(await count('failed'), 1);
  });

  await t.test('fail when a server stalls', async t => {
    const { uri, left } = await silentServer(t);
    master.run({ id: 'stalls', command: { value: 'true', uris: [{ value: uri }] } });
    const { status } = await master.until('stalls', 'TASK_FAILED');
    assert.match(status.message ?? '', notFetched);
    await left;
  });

  await t.test('of executors, too', async () => {
    runExecutor(at, 'executor', { value: 'cat greeting; exit 4', uris: [{ value: 'greeting' }] });
    const { status } = await master.until('executor', 'TASK_FAILED');
    assert.equal(status.message, 'Executor exited with status 4');
    assert.equal(await readFile(join(sandbox(at, 'executor'), 'stdout'), 'utf8'), 'hello');
  });

  await t.test('of executors that are not run without them', async () => {
    runExecutor(at, 'no-executor', { value: 'true', uris: [{ value: '/no/such/file' }] });
    const { status } = await master.until('no-executor', 'TASK_FAILED');
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(status.message ?? '', notFetched);
    await master.untilReceived(ExitedExecutorMessage, 2);
  });
});

test('other schemes: by modules, and by the client of Hadoop in $HADOOP_HOME', async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const server = createServer((request, response) => {
    response.end(`${request.url} ${request.headers['x-key'] ?? 'no key'}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(directory, 'fetchers.mjs');
  await writeFile(
    file,
    `export default { org_example_Fetcher: { kind: 'fetcher', create: () => ({
      schemes: ['store', 'shell'],
      fetchBy(uri) {
        if (uri.startsWith('store://')) return { url: uri.replace('store:/', '${address}'), headers: { 'x-key': 'secret' } };
        if (uri === 'shell://x/fails') throw new Error('there is no such thing');
        return { command: ['sh', '-c', 'echo "$WORD $0 $(id -un)"', uri], environment: { WORD: 'hello' } };
      },
    }) } };`,
  );
  const hadoop = join(directory, 'hadoop');
  await mkdir(join(hadoop, 'bin'), { recursive: true });
  const client = '#!/bin/sh\n[ "$2" = -copyToLocal ] && echo "$3 of $HADOOP_HOME" >"$4"\n';
  await writeFile(join(hadoop, 'bin/hadoop'), client, { mode: 0o755 });
  const before = process.env.HADOOP_HOME;
  process.env.HADOOP_HOME = hadoop;
  t.after(() => {
    if (before === undefined) delete process.env.HADOOP_HOME;
    else process.env.HADOOP_HOME = before;
  });
  const modules = { libraries: [{ file, modules: [{ name: 'org_example_Fetcher' }] }] };
  const flags = [`--modules=${JSON.stringify(modules)}`, '--fetcher_modules=org_example_Fetcher'];
  const agent = await startTestAgent(at, ...flags);
  at.onEnd(() => agent.shutdown());
  const uris = ['store://bucket/a', 'shell://x/b', 's3a://bucket/c', 'HDFS://host/d'].map(value => ({ value }));
  master.run({ id: 'reads', command: { value: 'cat a; echo; cat b c d', uris } });
  await master.until('reads', 'TASK_FINISHED');
  assert.deepEqual((await readFile(join(sandbox(at, 'reads'), 'stdout'), 'utf8')).trim().split('\n'), [
    '/bucket/a secret',
    `hello shell://x/b ${userName()}`,
    `s3a://bucket/c of ${hadoop}`,
    `HDFS://host/d of ${hadoop}`,
  ]);
  master.run({ id: 'fails', command: { value: 'true', uris: [{ value: 'shell://x/fails' }] } });
  await master.until('fails', 'TASK_FAILED');
  const said = /shell:\/\/x\/fails: Module 'org_example_Fetcher' cannot fetch it: there is no such thing\n/;
  assert.match(await readFile(join(sandbox(at, 'fails'), 'stderr'), 'utf8'), said);
});

test('what ends a fetch', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at, '--executor_shutdown_grace_period=200ms');
  at.onEnd(() => agent.shutdown());

  await t.test('the kill of its task', async t => {
    const { uri, asked, left } = await silentServer(t);
    master.run({ id: 'killed', command: { value: 'true', uris: [{ value: uri }] } });
    await asked;
    master.send(KillTaskMessage, { framework_id, task_id: { value: 'killed' } });
    const { status } = await master.until('killed', 'TASK_KILLED');
    assert.equal(status.reason, 'REASON_TASK_KILLED_DURING_LAUNCH');
    assert.deepEqual(master.states('killed'), ['TASK_KILLED']);
    await left;
  });

  await t.test("the kill of its executor's only task", async t => {
    const { uri, asked, left } = await silentServer(t);
    runExecutor(at, 'killed-executor', { value: 'true', uris: [{ value: uri }] });
    await asked;
    master.send(KillTaskMessage, { framework_id, task_id: { value: 'killed-executor' } });
    await master.until('killed-executor', 'TASK_KILLED');
    await left;
    await master.untilReceived(ExitedExecutorMessage);
  });

  await t.test('the shutdown of its executor', async t => {
    const { uri, asked, left } = await silentServer(t);
    runExecutor(at, 'shut', { value: 'true', uris: [{ value: uri }] });
    await asked;
    master.send(ShutdownExecutorMessage, { framework_id, executor_id: { value: 'shut' } });
    await master.until('shut', 'TASK_FAILED');
    await left;
  });

  await t.test('the end of its framework', async t => {
    const { uri, asked, left } = await silentServer(t);
    master.run({ id: 'orphan', command: { value: 'true', uris: [{ value: uri }] } });
    await asked;
    master.send(ShutdownFrameworkMessage, { framework_id });
    await left;
    await eventually(
      () => 'the framework to be gone',
      () => agent.context.agent.frameworks.size === 0,
    );
  });
});

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`the agent ends by ${signal} in the middle of a fetch`, async t => {
    const at = await bench(t);
    const { master, directory } = at;
    let agent = spawnAgent(at);
    at.onEnd(() => kill(agent, 'SIGTERM'));
    await master.untilAgent();
    const { uri, asked, left } = await silentServer(t);
    const fifo = join(directory, 'fifo');
    await run('mkfifo', [fifo]);
    const uris = [{ value: uri }, { value: fifo, output_file: 'x' }];
    master.run({ id: 'caught', command: { value: 'true', uris } });
    await asked;
    const copying = async () => (await run('ps', ['axo', 'args'])).stdout.includes(`cp -- ${fifo}`);
    await become(true, copying);
    await kill(agent, signal);
    await left;
    await become(false, copying);
    agent = spawnAgent(at);
    const { status } = await master.until('caught', 'TASK_FAILED');
    assert.match(status.message ?? '', /unknown container|were fetched/);
    assert.ok(!(await readdir(sandbox(at, 'caught'))).includes('file'));
  });
}
