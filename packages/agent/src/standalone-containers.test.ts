/** Containers without an executor, with real processes. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerID } from '@meseta/protocol';
import { lookupUser } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { AgentCalls } from './testing/agent-calls.ts';
import { type Bench, bench, startTestAgent } from './testing/test-agent.ts';

const sandbox = ({ directory }: Bench, ...path: string[]) => join(directory, 'work/containers', ...path);
const runtime = ({ directory }: Bench, ...path: string[]) => join(directory, 'run/containers', ...path);
const text = (path: string) => readFile(path, 'utf8').catch(() => '');

async function withAgent(t: TestContext, ...flags: string[]): Promise<{ at: Bench; calls: AgentCalls }> {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...flags);
  const calls = new AgentCalls(`http://127.0.0.1:${agent.port}`);
  at.onEnd(async () => {
    await calls.endAll();
    await agent.shutdown();
  });
  return { at, calls };
}

test('a stand-alone container has a sandbox of its own, and files fetched into it', async t => {
  const { at, calls } = await withAgent(t);
  const file = join(at.directory, 'file.txt');
  await writeFile(file, 'fetched\n');
  const id = { value: 'alone' };
  const command = { uris: [{ value: file, extract: false }] };
  assert.equal((await calls.launch(id, 'cat file.txt; exit 3', { command })).status, 200);
  assert.equal(await calls.exitStatus(id), 3 << 8);
  assert.equal(await text(sandbox(at, 'alone/stdout')), 'fetched\n');
  assert.equal((await stat(sandbox(at, 'alone'))).mode & 0o777, 0o750);
  assert.ok(existsSync(runtime(at, 'alone/standalone.marker')));
  assert.equal((await calls.launch(id, 'exit 4')).status, 200, 'it can be launched again');
  assert.equal(await calls.exitStatus(id), 4 << 8);
  assert.equal((await calls.remove(id)).status, 200);
  assert.deepEqual(await readdir(sandbox(at)), []);
  assert.deepEqual(await readdir(runtime(at)), []);
  assert.equal((await calls.wait(id)).status, 404);
  assert.equal((await calls.remove(id)).text, 'Unknown root container alone');
});

test('containers are shown to those who ask for them, with what they use', async t => {
  const { at, calls } = await withAgent(t);
  const alone = { value: 'alone' };
  const nested = { value: 'nested', parent: alone };
  at.master.command('task', 'exec sleep 600');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const ofTask = status.container_status?.container_id ?? { value: '' };
  const below = { value: 'below', parent: ofTask };
  const resources = [
    { name: 'cpus', type: 'SCALAR', scalar: { value: 0.5 } },
    { name: 'mem', type: 'SCALAR', scalar: { value: 64 } },
  ] as const;
  await calls.launch(alone, 'exec sleep 600', { resources: [...resources], limits: { cpus: { value: 1 } } });
  for (const id of [nested, below]) await calls.launch(id, 'exec sleep 600');
  const shown = async (get_containers?: object) => {
    const { reply } = await calls.call({ type: 'GET_CONTAINERS', ...(get_containers && { get_containers }) });
    return reply?.get_containers?.containers ?? [];
  };
  const ids = async (get_containers?: object) => (await shown(get_containers)).map(({ container_id }) => container_id);
  assert.deepEqual(await ids(), [ofTask]);
  assert.deepEqual(await ids({ show_standalone: true }), [ofTask, alone]);
  assert.deepEqual(await ids({ show_nested: true }), [ofTask, nested, below]);
  const all = await shown({ show_nested: true, show_standalone: true });
  assert.deepEqual(
    all.map(({ container_id }) => container_id),
    [ofTask, alone, nested, below],
  );
  const [, first, second] = all;
  assert.equal(first?.framework_id ?? first?.executor_id ?? first?.executor_name, undefined);
  const statistics = first?.resource_statistics;
  assert.equal(statistics?.cpus_soft_limit, 0.5);
  assert.equal(statistics?.cpus_limit, 1);
  assert.equal(statistics?.mem_limit_bytes, 64 * 1024 * 1024);
  assert.ok((statistics?.mem_rss_bytes ?? 0) > 0);
  assert.ok((second?.container_status?.executor_pid ?? 0) > 0);
  assert.deepEqual(second?.container_status?.container_id, nested);
  const classic = (await (await fetch(`${calls.origin}/containers`)).json()) as { container_id: string }[];
  assert.deepEqual(
    classic.map(({ container_id }) => container_id),
    [ofTask.value],
  );
});

test('what runs for an executor can be waited for and signalled, and is neither launched nor removed', async t => {
  const { at, calls } = await withAgent(t);
  at.master.command('task', 'trap "exit 6" USR1; echo ready; while :; do sleep 0.02; done');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const id = status.container_status?.container_id as ContainerID;
  assert.equal((await calls.launch(id, 'true')).status, 202);
  const refused = await calls.remove(id);
  assert.equal(refused.status, 500);
  assert.equal(refused.text, 'Container has not terminated yet');
  const stdout = join(at.directory, 'work/slaves/latest/frameworks/test-0000/executors/task/runs/latest/stdout');
  await eventually('the trap', async () => (await text(stdout)) === 'ready\n');
  const waits = [1, 2].map(() => calls.exitStatus(id));
  assert.equal((await calls.kill(id, 10)).status, 200);
  assert.deepEqual(await Promise.all(waits), [6 << 8, 6 << 8]);
  const { status: failed } = await at.master.until('task', 'TASK_FAILED');
  assert.equal(failed.message, 'Command exited with status 6');
  await eventually('the container to be gone', async () => (await calls.wait(id)).status === 404);
});

test('a session runs in a stand-alone container, and can be removed when it has ended', async t => {
  const { calls } = await withAgent(t);
  const parent = { value: 'alone' };
  await calls.launch(parent, 'exec sleep 600');
  const id = { value: 'session', parent };
  const session = await fetch(`${calls.origin}/api/v1`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/recordio',
      'Message-Accept': 'application/json',
    },
    body: JSON.stringify({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: { container_id: id, command: { value: 'pwd; exit 3' } },
    }),
  });
  assert.equal(session.status, 200);
  assert.ok((await session.text()).includes('"STDOUT"'));
  assert.equal(await calls.exitStatus(id), 3 << 8);
  assert.equal((await calls.remove(id)).status, 200);
  assert.equal((await calls.wait(id)).status, 404);
});

const otherUsers = needs.root('containers run as other users');

test('a stand-alone container and one nested in it run as the user of the command', otherUsers, async t => {
  const { at, calls } = await withAgent(t);
  const alone = { value: 'alone' };
  const { uid } = await lookupUser('nobody');
  await calls.launch(alone, 'id -un; exec sleep 600', { command: { user: 'nobody' } });
  const nested = { value: 'nested', parent: alone };
  await calls.launch(nested, 'id -un; touch mine');
  assert.equal(await calls.exitStatus(nested), 0);
  await eventually('the user', async () => (await text(sandbox(at, 'alone/stdout'))) === 'nobody\n');
  assert.equal(await text(sandbox(at, 'alone/containers/nested/stdout')), 'nobody\n');
  for (const path of ['alone', 'alone/stdout', 'alone/containers/nested', 'alone/containers/nested/mine'])
    assert.equal((await stat(sandbox(at, path))).uid, uid, path);
});
