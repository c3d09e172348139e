/** Tasks in an engine that is said to be on another machine (`--docker_host_local=false`). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';
import { command } from './support/meseta.ts';
import { processesWith } from './support/processes.ts';

const engine = sharedEngine();

test('statuses of a task on another machine have no address of the agent', needsDocker, async t => {
  const used = await engine();
  const { framework } = await dockerScene(t, used, { docker_host_local: 'false' });
  for (const network of ['HOST', 'NONE'] as const) {
    const id = network.toLowerCase();
    await framework.run({ ...shellTask(id, 'true'), ...inDocker({ network }) });
    await framework.end(id);
    for (const { state, container_status } of framework.statusesOf(id)) {
      assert.ok(container_status?.container_id !== undefined, state);
      assert.equal(container_status.network_infos, undefined, state);
    }
  }
  await framework.run({ ...shellTask('here', 'true') });
  const { container_status } = await framework.end('here');
  assert.equal(container_status?.network_infos?.[0]?.ip_addresses?.[0]?.ip_address, '127.0.0.1');
});

test('checks through the port of a task without an address fail, and say why', needsDocker, async t => {
  const { framework } = await dockerScene(t, await engine(), { docker_host_local: 'false' });
  const check = { delay_seconds: 0, interval_seconds: 0.2, grace_period_seconds: 0, consecutive_failures: 2 };
  for (const [id, more] of [
    ['http', { type: 'HTTP', http: { port: 80 } }],
    ['tcp', { type: 'TCP', tcp: { port: 80 } }],
  ] as const) {
    const health_check = { ...check, ...more };
    await framework.run({ ...shellTask(id, 'sleep 1000'), ...inDocker({ network: 'HOST' }), health_check });
    const { state, healthy } = await framework.end(id);
    assert.deepEqual([state, healthy], ['TASK_KILLED', false]);
  }
});

/** How many bytes the program of a command in a container has written; 0 while there is none. */
function writtenBy(mark: string): number {
  try {
    const [shell] = processesWith(mark).filter(pid => readlinkSync(`/proc/${pid}/exe`).endsWith('busybox'));
    const children = shell === undefined ? '' : readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8');
    const io = children === '' ? '' : readFileSync(`/proc/${children.trim()}/io`, 'utf8');
    return Number(/wchar: (\d+)/.exec(io)?.[1] ?? 0);
  } catch {
    return 0; // a process of the engine that has ended meanwhile
  }
}

/** Waits until a command writes no more, because nothing reads. */
async function stands(mark: string): Promise<void> {
  let [before, times] = [0, 0];
  await eventually('that it waits for its reader', () => {
    const written = writtenBy(mark);
    times = written > 0 && written === before ? times + 1 : 0;
    before = written;
    return times === 50; // not only because the machine is busy
  });
}

test('a client that reads nothing does not hold up the end of its task', needsDocker, async t => {
  const used = await engine();
  const { cluster, framework } = await dockerScene(t, used, { docker_host_local: 'false' });
  const env = { ...process.env, MESETA_MASTER: cluster.master.address };
  const kill_policy = { grace_period: { nanoseconds: 100_000_000 } };
  for (const how of ['ended', 'killed'] as const) {
    const line = 'echo up; while [ ! -e /tmp/end ]; do sleep 0.1; done';
    await framework.run({ ...shellTask(how, line), ...inDocker(), kill_policy });
    await eventually('its output', () => written(cluster, how) === 'up\n');
    const mark = `stalled-${how}-${process.pid}`;
    const stalled = spawn(process.execPath, [...command.slice(1), 'task', 'exec', how, 'sh', '-c', 'yes; :', mark], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.after(() => stalled.kill('SIGKILL'));
    await once(stalled.stdout, 'readable');
    await stands(mark);
    if (how === 'killed') await framework.call({ type: 'KILL', kill: { task_id: { value: how } } });
    else {
      const [found] = await used.client.containers.list();
      const exec = await used.client.execs.create(found?.id ?? '', { cmd: ['touch', '/tmp/end'] });
      for await (const _ of await used.client.execs.start(exec, { tty: false })); // it says nothing
    }
    assert.equal((await framework.end(how)).state, how === 'killed' ? 'TASK_KILLED' : 'TASK_FINISHED');
    assert.match(cluster.agent.log, /Left a client that reads nothing/);
    stalled.kill('SIGKILL');
    await eventually('the end of the command', () => processesWith(mark).length === 0);
  }
  await eventually('that both are removed', async () => (await containersOf(used)).length === 0);
});
