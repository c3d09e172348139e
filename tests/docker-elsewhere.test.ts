/**
 * What an agent looks at among the processes and control groups of its machine: nothing of its Docker containers, when their engine is on
 * another one. Here, the engine is on the same machine, where there would be something to find.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { needsDocker, sharedEngine, type TestEngine } from '@meseta/containers/testing/docker';
import type { Resource, TaskInfo } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, machineVolumes, written } from './support/docker-scene.ts';
import { executorTask } from './support/executor-task.ts';
import { shellTask } from './support/framework.ts';
import { command } from './support/meseta.ts';
import { processesWith } from './support/processes.ts';

const engine = sharedEngine();
const needsTrace = all(needsDocker, needs.program('strace', 'Debian package strace'));

const kill_policy = { grace_period: { nanoseconds: 100_000_000 } };
const times = { delay_seconds: 0, interval_seconds: 0.2, grace_period_seconds: 0, consecutive_failures: 1000 };
const mem = (value: number): Resource[] => [
  { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } },
  { name: 'mem', type: 'SCALAR', scalar: { value } },
];

/**
 * Launches, checks, measures, updates, looks into, kills and recovers tasks, with an agent that is traced.
 *
 * @returns the paths that the agent looked at, of processes other than its own and of the engine's control groups.
 */
async function looksOf(t: TestContext, used: TestEngine, docker_host_local: boolean): Promise<string[]> {
  const trace = path.join(used.directory, `trace-${docker_host_local}`);
  // The tracer is no parent of the agent, which it leaves its pid and its signals.
  const tracer = ['strace', '-D', '-f', '--seccomp-bpf', '-y', '-qq', '-A', '-o', trace, '-e', 'trace=%file', '--'];
  const flags = { docker_host_local, containerizers: 'docker' };
  const { cluster, framework } = await dockerScene(t, used, flags, { agentsBy: tracer });
  const { agent } = cluster;
  const kill = (id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });

  const health_check = (value: string) => ({
    ...times,
    type: 'COMMAND' as const,
    command: { value },
    timeout_seconds: 1,
  });
  const line = 'echo up; exec sleep 1000';
  await framework.run({ ...shellTask('good', line), ...inDocker(), kill_policy, health_check: health_check('true') });
  const slow = health_check(`sleep 5; : ${docker_host_local}`);
  await framework.run({ ...shellTask('slow', line), ...inDocker(), kill_policy, health_check: slow });
  for (const [id, healthy] of [
    ['good', true],
    ['slow', false],
  ] as const)
    await eventually(`the health of ${id}`, () =>
      framework.updates.some(status => status.task_id.value === id && status.healthy === healthy),
    );
  assert.match((await agent.ask('/monitor/statistics')).text, /mem_rss_bytes/);

  const executor = {
    ...executorTask(framework, 'first', '../../packages/agent/src/testing/http-executor.ts').executor,
    ...inDocker({ network: 'HOST' }, { volumes: machineVolumes() }),
    resources: mem(64),
  };
  const limit = async () => {
    const found = await Promise.all(
      (await used.client.containers.list()).map(({ id }) => used.client.containers.inspect(id)),
    );
    const hosts = found.map(each => each?.json.HostConfig as { NetworkMode: string; Memory: number; CpuQuota: number });
    const { Memory, CpuQuota } = hosts.find(({ NetworkMode }) => NetworkMode === 'host') ?? {};
    return { Memory, CpuQuota };
  };
  const becomes = async (Memory: number, CpuQuota: number) =>
    eventually(`${Memory} and ${CpuQuota}`, async () => {
      const found = await limit();
      return found.Memory === Memory && found.CpuQuota === CpuQuota;
    });
  const run = async (id: string, limits?: TaskInfo['limits']) => {
    await framework.run({
      task_id: { value: id },
      executor,
      resources: mem(32),
      ...(limits && { limits }),
    } as TaskInfo);
    await framework.reaches(id, 'TASK_RUNNING');
  };
  await run('first');
  await becomes(96 * 2 ** 20, 0);
  await run('second', { cpus: { value: 1 }, mem: { value: 128 } });
  await becomes((64 + 32 + 128) * 2 ** 20, 120_000);
  await kill('second');
  await becomes(96 * 2 ** 20, -1);

  const env = { ...process.env, MESETA_MASTER: cluster.master.address };
  const mark = `session-${docker_host_local}-${process.pid}`;
  const session = spawn(
    process.execPath,
    [...command.slice(1), 'task', 'exec', 'good', 'sh', '-c', 'echo in; exec sleep 1000', mark],
    { env, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  t.after(() => session.kill('SIGKILL'));
  await once(session.stdout, 'readable');
  session.kill('SIGKILL');

  await agent.kill();
  await agent.start();
  await cluster.registered(agent);
  await framework.run({ ...shellTask('after', line), ...inDocker(), kill_policy });
  await eventually('its output', () => written(cluster, 'after') === 'up\n');
  for (const id of ['good', 'slow', 'after', 'first']) {
    await kill(id);
    assert.equal((await framework.end(id)).state, 'TASK_KILLED', id);
  }
  await framework.teardown();
  await eventually('that all are removed', async () => (await containersOf(used)).length === 0);
  await eventually('the end of the command', () => processesWith(mark).length === 0);
  await agent.kill('SIGTERM');
  return foreignLooks(readFileSync(trace, 'utf8'), used);
}

/** Returns the looks at `/proc` and `/sys` in a trace that are not at the processes traced, nor at the machine as a whole. */
function foreignLooks(trace: string, { cgroupParent }: TestEngine): string[] {
  const lines = trace.split('\n');
  const own = new Set(lines.map(line => line.split(' ', 1)[0]));
  assert.ok(lines.some(line => line.includes('/proc/self/')) && own.size > 1, 'the trace has looks of the agent');
  const group = cgroupParent.split('/')[0] ?? '';
  return lines.filter(line => {
    const pids = [...line.matchAll(/\/proc\/(\d+)/g)].map(([, pid]) => pid);
    const isList = /"\/proc\/?"/.test(line) && line.includes('O_DIRECTORY');
    return isList || pids.some(pid => !own.has(pid)) || (/"\/(sys|proc)/.test(line) && line.includes(group));
  });
}

test(
  'an agent whose engine is on another machine looks at no process and no control group of its containers',
  needsTrace,
  async t => {
    assert.deepEqual(await looksOf(t, await engine(), false), []);
  },
);

test('an agent whose engine is on its machine does: they are seen', needsTrace, async t => {
  const looks = await looksOf(t, await engine(), true);
  assert.ok(looks.length > 0);
});
