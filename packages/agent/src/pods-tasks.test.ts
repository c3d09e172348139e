/** What tasks of pods may have: checks, persistent volumes, files, limits of time; and groups of custom executors. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ApplyOperationMessage,
  newUuid,
  type OfferOperation,
  type Resource,
  UpdateOperationStatusMessage,
} from '@meseta/protocol';
import { needs } from '@meseta/system/testing';
import { PodBench, shell } from './testing/pod-bench.ts';
import { scalars } from './testing/scripted-master.ts';

const times = { delay_seconds: 0, interval_seconds: 0.05, timeout_seconds: 20 };

test('checks and health checks of tasks', async t => {
  const bench = await PodBench.start(t);
  const { master, until } = bench;
  const sandbox = (id: string) => join(bench.executor('pod').directory, 'tasks', id);
  const server = createServer((_, response) => response.writeHead(204).end()).listen(0, '127.0.0.1');
  t.after(() => server.close().closeAllConnections());
  await until('the server', () => server.listening);
  const { port } = server.address() as AddressInfo;

  await t.test('commands run in the container of the task, and see its sandbox', async () => {
    const value = 'test "$PWD" = "$MESOS_SANDBOX" -a -e mine && exit 4';
    const check = { ...times, type: 'COMMAND', command: { command: { value } } } as const;
    master.runGroup([shell('checked', 'touch mine; sleep 600', { check }), shell('stays', 'sleep 600')]);
    const seen = () => master.statuses('checked').find(({ status }) => status.check_status?.command?.exit_code === 4);
    const { status } = await until('the exit code', seen);
    assert.equal(status.reason, 'REASON_TASK_CHECK_STATUS_UPDATED');
    assert.ok(status.container_status?.container_id?.parent);
    assert.deepEqual((await master.until('checked', 'TASK_STARTING')).status.check_status, {
      type: 'COMMAND',
      command: {},
    });
    master.kill('checked');
    await master.until('stays', 'TASK_KILLED');
    await bench.untilNothingIsLeft();
  });
  await t.test('HTTP and TCP', async () => {
    const http = { ...times, type: 'HTTP', http: { port, path: '/' } } as const;
    const tcp = { ...times, type: 'TCP', tcp: { port } } as const;
    master.runGroup([shell('http', 'sleep 600', { check: http }), shell('tcp', 'sleep 600', { health_check: tcp })]);
    await until('HTTP', () =>
      master.statuses('http').some(({ status }) => status.check_status?.http?.status_code === 204),
    );
    await until('TCP', () => master.statuses('tcp').some(({ status }) => status.healthy));
  });
  await t.test('one that stays unhealthy is killed with its group', async () => {
    const command = { value: 'test -e well' };
    const health_check = {
      ...times,
      type: 'COMMAND',
      command,
      consecutive_failures: 2,
      grace_period_seconds: 0,
    } as const;
    master.runGroup([shell('sick', 'sleep 600', { health_check }), shell('well', 'sleep 600')], { launch: false });
    const { status } = await master.until('sick', 'TASK_KILLED');
    assert.ok(status.healthy === false);
    await master.until('well', 'TASK_KILLED');
    assert.ok(existsSync(sandbox('sick')));
  });
});

test('a task sees its persistent volumes in its sandbox, as long as it runs', async t => {
  const bench = await PodBench.start(t);
  const { master, agent } = bench;
  const reservations = [{ type: 'DYNAMIC' as const, role: '*', principal: 'p' }].map(each => ({ ...each, role: 'r' }));
  const reserved: Resource = { name: 'disk', type: 'SCALAR', scalar: { value: 64 }, reservations };
  const volume: Resource = {
    ...reserved,
    disk: { persistence: { id: 'v', principal: 'p' }, volume: { mode: 'RW', container_path: 'data' } },
  };
  const apply = async (operation_info: OfferOperation, count: number) => {
    const resource_version_uuid = { uuid: { value: agent.context.agent.resourceVersion } };
    master.send(ApplyOperationMessage, { operation_info, operation_uuid: { value: newUuid() }, resource_version_uuid });
    const { status } = await master.untilReceived(UpdateOperationStatusMessage, count);
    assert.equal(status.state, 'OPERATION_FINISHED');
  };
  await apply({ type: 'RESERVE', reserve: { resources: [reserved] } }, 1);
  await apply({ type: 'CREATE', create: { volumes: [volume] } }, 2);
  const resources = [...scalars({ cpus: 0.1, mem: 32 }), { ...volume, allocation_info: { role: 'r' } }];
  master.runGroup([
    shell('writes', 'echo kept > data/file', { resources }),
    shell('none', 'test ! -e data'),
    shell('stays', 'sleep 600'),
  ]);
  for (const id of ['writes', 'none']) await master.until(id, 'TASK_FINISHED');
  const { directory } = bench.executor('pod');
  assert.equal(await readFile(join(agent.context.paths.workDirectory, 'volumes/roles/r/v/file'), 'utf8'), 'kept\n');
  await bench.until('the link to be gone', () => !existsSync(join(directory, 'tasks/writes/data')));
  master.runGroup([shell('reads', 'test "$(cat data/file)" = kept', { resources })], { launch: false });
  await master.until('reads', 'TASK_FINISHED');
});

test('a task and its checks run as its own user', needs.root('tasks run as other users'), async t => {
  const bench = await PodBench.start(t);
  const { master, agent } = bench;
  for (const path of [agent.context.paths.workDirectory, join(agent.context.paths.workDirectory, '..')])
    chmodSync(path, 0o755);
  const command = { value: 'test "$(id -un)" = nobody && exit 6' };
  const check = { ...times, type: 'COMMAND', command: { command } } as const;
  const value = 'test "$(id -un) $(stat -c %U . stdout | uniq)" = "nobody nobody" && sleep 600';
  master.runGroup([{ id: 'other', command: { value, user: 'nobody' }, check }, shell('own', 'sleep 600')]);
  const seen = () => master.statuses('other').some(({ status }) => status.check_status?.command?.exit_code === 6);
  await bench.until('the check', seen);
});

test('files are fetched into the sandbox of the task that asks for them', async t => {
  const bench = await PodBench.start(t);
  const { master, agent } = bench;
  const file = join(agent.context.paths.workDirectory, '..', 'fetched');
  await writeFile(file, 'fetched\n');
  master.runGroup([
    { id: 'has', command: { value: 'cat fetched', uris: [{ value: file }] } },
    shell('has-not', 'test ! -e fetched'),
    shell('stays', 'sleep 600'),
  ]);
  for (const id of ['has', 'has-not']) await master.until(id, 'TASK_FINISHED');
  const { directory } = bench.executor('pod');
  assert.equal(await readFile(join(directory, 'tasks/has/stdout'), 'utf8'), 'fetched\n');
  assert.ok(!existsSync(join(directory, 'fetched')));
});

const program = (file: string) =>
  `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${fileURLToPath(new URL(`./testing/${file}`, import.meta.url))}'`;

test('custom executors get groups as a whole by the v1 API, and none by the v0 one', async t => {
  const bench = await PodBench.start(t);
  const { master } = bench;
  const custom = (executor: string, file: string) => ({
    executor,
    info: { type: 'CUSTOM' as const, command: { value: program(file) } },
  });
  const data = Buffer.from('end').toString('base64');
  await t.test('v1, waiting and later ones', async () => {
    const v1 = custom('v1', 'http-executor.ts');
    master.runGroup([{ id: 'one', data }, { id: 'two' }], v1);
    for (const id of ['one', 'two']) await master.until(id, 'TASK_RUNNING');
    await master.until('one', 'TASK_FINISHED');
    master.runGroup([{ id: 'three' }, { id: 'four' }], { ...v1, launch: false });
    for (const id of ['three', 'four']) await master.until(id, 'TASK_RUNNING');
    const output = await readFile(join(bench.executor('v1').directory, 'stdout'), 'utf8');
    assert.equal(output, 'group of one two\ngroup of three four\n');
  });
  await t.test('v0', async () => {
    master.runGroup([{ id: 'five' }, { id: 'six' }], custom('v0', 'driver-executor.ts'));
    for (const id of ['five', 'six']) {
      const { status } = await master.until(id, 'TASK_ERROR');
      assert.equal(status.reason, 'REASON_TASK_GROUP_INVALID');
      assert.match(status.message ?? '', /'v0' uses the v0 driver, which takes no task groups/);
    }
  });
});
