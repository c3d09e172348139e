/** The output of Docker containers by a container logger, and on a disk that is full. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { needsDocker, sharedEngine, startDockerEngine } from '@meseta/containers/testing/docker';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';
import { SmallDisk } from './support/small-disk.ts';
import { sandboxOf } from './support/task-scene.ts';

const engine = sharedEngine();

const withLimit = (name: string, value: string, size: string) => {
  const task = { ...shellTask(name, value), ...inDocker() };
  const variables = [{ name: 'CONTAINER_LOGGER_MAX_STDOUT_SIZE', value: size }];
  return { ...task, command: { ...task.command, environment: { variables } } };
};

test('files are rotated by size and count', needsDocker, async t => {
  const { cluster, framework, engine: used } = await dockerScene(t, await engine(), { container_logger: 'logrotate' });
  await framework.run(withLimit('chatty', 'seq 20000; echo last >&2', '8KB'));
  assert.equal((await framework.end('chatty')).state, 'TASK_FINISHED');
  const sandbox = sandboxOf(cluster, 'chatty');
  const files = readdirSync(sandbox).filter(name => /^stdout(\.\d+)?$/.test(name));
  assert.equal(files.length, 10); // nine are kept
  for (const name of files) assert.ok(statSync(path.join(sandbox, name)).size <= 8192, name);
  assert.match(written(cluster, 'chatty'), /\n20000\n$/);
  assert.equal(written(cluster, 'chatty', 'stderr'), 'last\n');
  await eventually('that all is removed', async () => (await containersOf(used)).length === 0);
  await eventually(
    'that its logger is forgotten',
    () => globSync(`${cluster.directory}/**/docker-logs/*.json`).length === 0,
  );
});

test('a variable that is no limit fails the task, and names it', needsDocker, async t => {
  const { framework } = await dockerScene(t, await engine(), { container_logger: 'logrotate' });
  await framework.run(withLimit('wrong', 'true', '1B'));
  const { state, message } = await framework.end('wrong');
  assert.equal(state, 'TASK_FAILED');
  assert.match(
    message ?? '',
    /Variable 'CONTAINER_LOGGER_MAX_STDOUT_SIZE' of the container logger is '1B'.*less than 4096B/,
  );
});

for (const how of ['stopped', 'killed'] as const) {
  test(`the next agent's logger goes on when an agent is ${how}`, needsDocker, async t => {
    const flags = { container_logger: 'logrotate' };
    const { cluster, framework } = await dockerScene(t, await engine(), flags);
    const value = 'seq 1000; until [ -e go ]; do sleep 0.1; done; seq 1001 2000';
    const there = { key: 'workdir', value: '/mnt/mesos/sandbox' };
    await framework.run({ ...shellTask('long', value), ...inDocker({ parameters: [there] }) });
    await eventually('its output', () => written(cluster, 'long').endsWith('\n1000\n'));
    if (how === 'killed') await cluster.agent.kill();
    else await cluster.agent.kill('SIGTERM');
    execFileSync('touch', [path.join(sandboxOf(cluster, 'long'), 'go')]);
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    assert.equal((await framework.end('long')).state, 'TASK_FINISHED');
    const lines = written(cluster, 'long').trimEnd().split('\n');
    const all = Array.from({ length: 2000 }, (_, i) => `${i + 1}`);
    // What a killed agent had not noted is written again.
    if (how === 'stopped') assert.deepEqual(lines, all);
    else assert.deepEqual([...new Set(lines)], all);
  });
}

/** A container writes more than the disk below the work directory has. */
async function onFullDisk(t: TestContext, container_logger: string): Promise<void> {
  const disk = new SmallDisk(t, path.join(tmpdir(), `full-docker-${container_logger}-${process.pid}`), 8);
  const used = await startDockerEngine(); // after the disk, which it has to see
  const { cluster, framework } = await dockerScene(t, used, {
    ...{ container_logger, work_dir: disk.path, docker_remove_delay: '1hrs' },
  });
  t.after(() => used.stop());
  const value = 'dd if=/dev/zero bs=64k count=256 2>&1; exit 7';
  const variables = [{ name: 'CONTAINER_LOGGER_MAX_STDOUT_SIZE', value: '100MB' }];
  const command = { shell: true, value, ...(container_logger === 'logrotate' && { environment: { variables } }) };
  await framework.run({ ...shellTask('full', ''), command, ...inDocker() });
  await eventually('the end of the container', async () => {
    const all = await used.client.containers.list({ all: true });
    return all.some(({ state }) => state === 'exited');
  });
  assert.ok(cluster.agent.running);
  disk.resize(64);
  const { state, message } = await framework.end('full');
  assert.equal(state, 'TASK_FAILED');
  assert.match(message ?? '', /status 7/);
  await framework.run({ ...shellTask('next', 'echo works'), ...inDocker() });
  assert.equal((await framework.end('next')).state, 'TASK_FINISHED');
  const [next = ''] = globSync(`${disk.path}/slaves/*/frameworks/*/executors/next/runs/latest/stdout`);
  assert.equal(readFileSync(next, 'utf8'), 'works\n');
}

for (const container_logger of ['sandbox', 'logrotate'])
  test(`a full disk stops neither task nor agent, with the logger ${container_logger}`, needsDocker, t =>
    onFullDisk(t, container_logger),
  );
