/** Executors in containers of a real Docker engine in the network of the agent, and an engine that is away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsDocker, startDockerEngine } from '@meseta/containers/testing/docker';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, machineVolumes, written } from './support/docker-scene.ts';
import { executorTask } from './support/executor-task.ts';
import { type Framework, shellTask } from './support/framework.ts';

const kill = (framework: Framework, id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });

const isRunning = (framework: Framework, id: string) =>
  framework.updates.some(({ task_id, state }) => task_id.value === id && state === 'TASK_RUNNING');

test('an executor runs in a container', needsDocker, async t => {
  const used = await startDockerEngine();
  const { cluster, framework } = await dockerScene(t, used);
  t.after(() => used.stop());
  const task = executorTask(framework, 'probe', 'probe-executor.mjs');
  const workdir = { key: 'workdir', value: '/mnt/mesos/sandbox' };
  const inContainer = inDocker({ network: 'HOST', parameters: [workdir] }, { volumes: machineVolumes() });
  const executor = { ...task.executor, ...inContainer } as TaskInfo['executor'];
  await framework.run({ ...task, ...(executor && { executor }) });
  await eventually('that it runs', () => isRunning(framework, 'probe'));
  assert.match(written(cluster, 'probe', 'probe.jsonl'), /"cwd":"\/mnt\/mesos\/sandbox"/);
  assert.equal((await containersOf(used)).length, 1);
  await kill(framework, 'probe');
  assert.equal((await framework.end('probe')).message, 'probe killed');
  await framework.call({
    type: 'SHUTDOWN',
    shutdown: {
      executor_id: { value: 'probe' },
      agent_id: framework.updates[0]?.agent_id ?? { value: '' },
    },
  });
  await eventually('the end of its container', async () => (await containersOf(used)).length === 0);
});

for (const protocol of ['http', 'driver'] as const) {
  test(
    `an executor on the ${protocol} protocol in a container comes back to an agent that was killed`,
    needsDocker,
    async t => {
      const used = await startDockerEngine();
      const { cluster, framework } = await dockerScene(t, used);
      t.after(() => used.stop());
      const task = executorTask(framework, 'kept', `../../packages/agent/src/testing/${protocol}-executor.ts`);
      const inContainer = inDocker({ network: 'HOST' }, { volumes: machineVolumes() });
      const resources = [{ name: 'mem', type: 'SCALAR', scalar: { value: 256 } }]; // Node.js needs it
      const executor = { ...task.executor, resources, ...inContainer } as TaskInfo['executor'];
      await framework.run({ ...task, ...(executor && { executor }) });
      await eventually('that it runs', () => isRunning(framework, 'kept'));
      const before = await containersOf(used);
      await cluster.agent.kill();
      await cluster.agent.start();
      await cluster.registered(cluster.agent);
      assert.deepEqual(await containersOf(used), before);
      await kill(framework, 'kept');
      assert.equal((await framework.end('kept')).state, 'TASK_KILLED');
      await framework.call({
        type: 'SHUTDOWN',
        shutdown: { executor_id: { value: 'kept' }, agent_id: framework.updates[0]?.agent_id ?? { value: '' } },
      });
      await eventually('the end of its container', async () => (await containersOf(used)).length === 0);
    },
  );
}

test('an engine that is killed ends its containers, not the agent', needsDocker, async t => {
  const used = await startDockerEngine();
  const { cluster, framework } = await dockerScene(t, used);
  t.after(() => used.stop());
  await framework.run({ ...shellTask('before', 'echo up; sleep 1000'), ...inDocker() });
  await eventually('its output', () => written(cluster, 'before') === 'up\n');
  await used.kill();
  await framework.run({ ...shellTask('away', 'true'), ...inDocker() });
  const away = await framework.end('away');
  assert.equal(away.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
  assert.match(away.message ?? '', /^Failed to launch container: Could not .*Docker engine at unix:/);
  await used.start(); // it ends what was left of its containers
  assert.equal((await framework.end('before')).state, 'TASK_FAILED');
  await framework.run({ ...shellTask('after', 'echo after'), ...inDocker() });
  assert.equal((await framework.end('after')).state, 'TASK_FINISHED');
  assert.equal(written(cluster, 'after'), 'after\n');
  await eventually('that all are removed', async () => (await containersOf(used)).length === 0);
});

test('an agent starts while its engine is away, and a kill waits for the engine', needsDocker, async t => {
  const used = await startDockerEngine({ liveRestore: true });
  const { cluster, framework } = await dockerScene(t, used);
  t.after(() => used.stop());
  const kill_policy = { grace_period: { nanoseconds: 100_000_000 } };
  for (const id of ['one', 'two']) await framework.run({ ...shellTask(id, 'sleep 1000'), ...inDocker(), kill_policy });
  for (const id of ['one', 'two']) await eventually(`that ${id} runs`, () => isRunning(framework, id));
  await cluster.agent.kill();
  await used.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await kill(framework, 'one');
  await used.start();
  assert.equal((await framework.end('one')).state, 'TASK_KILLED');
  await kill(framework, 'two');
  assert.equal((await framework.end('two')).state, 'TASK_KILLED');
  await eventually('that both are removed', async () => (await containersOf(used)).length === 0);
});
