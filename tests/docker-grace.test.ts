/** How long tasks in containers have to end: which of the kill policies and flags decides, as in Apache Mesos. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import type { KillPolicy, TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { type Framework, shellTask } from './support/framework.ts';

const engine = sharedEngine();

const grace = (seconds: number): KillPolicy => ({ grace_period: { nanoseconds: seconds * 1e9 } });
const hour = grace(3600);
const short = grace(0.1);

/** It ignores SIGTERM: only SIGKILL ends it, with status 137. */
const deaf = 'trap "echo heard" TERM; echo up; while :; do sleep 0.1; done';
/** It ends with status 7, five seconds after SIGTERM: longer than the grace of tasks outside of Docker. */
const slow = 'trap "echo heard; sleep 5; exit 7" TERM; echo up; while :; do sleep 0.1; done';

async function scene(t: TestContext, executor_shutdown_grace_period: string, docker_stop_timeout: string) {
  const used = await engine();
  const flags = { executor_shutdown_grace_period, docker_stop_timeout, docker_host_local: 'false' };
  const { cluster, framework } = await dockerScene(t, used, flags);
  const up = async (id: string, line: string, kill_policy?: KillPolicy) => {
    const task: Partial<TaskInfo> = { ...shellTask(id, line), ...inDocker(), ...(kill_policy && { kill_policy }) };
    await framework.run(task);
    await eventually(`the output of ${id}`, () => written(cluster, id) === 'up\n');
  };
  /** Kills a task; gives its last words. */
  const killed = async (id: string, kill_policy?: KillPolicy) => {
    await kill(framework, id, kill_policy);
    const { state, message } = await framework.end(id);
    assert.equal(state, 'TASK_KILLED', id);
    await eventually(`that ${id} got its signal`, () => written(cluster, id) === 'up\nheard\n');
    return message;
  };
  return { used, cluster, framework, up, killed };
}

const kill = (framework: Framework, id: string, kill_policy?: KillPolicy) =>
  framework.call({ type: 'KILL', kill: { task_id: { value: id }, ...(kill_policy && { kill_policy }) } });

const sent = 'Container exited with status 137';
const ended = 'Container exited with status 7';

test('kill policies win over longer times of the agent, and that of the call over the task’s', needsDocker, async t => {
  const { used, framework, cluster, up, killed } = await scene(t, '1hrs', '1hrs');
  await up('policy', deaf, grace(5));
  assert.equal(await killed('policy'), sent);
  await up('call', deaf, hour);
  assert.equal(await killed('call', grace(5)), sent);
  await up('sooner', deaf);
  await kill(framework, 'sooner');
  await eventually('its signal', () => written(cluster, 'sooner') === 'up\nheard\n');
  assert.equal(await killed('sooner', short), sent);
  await eventually('that all are removed', async () => (await containersOf(used)).length === 0);
});

test('kill policies win over shorter times of the agent', needsDocker, async t => {
  const { up, killed } = await scene(t, '100ms', '0ns');
  await up('policy', slow, hour);
  assert.equal(await killed('policy'), ended);
  await up('call', slow, short);
  assert.equal(await killed('call', hour), ended);
});

test('a task without a policy has the longer one of the times of the agent', needsDocker, async t => {
  for (const [id, shutdown, stop] of [
    ['shutdown', '1hrs', '0ns'],
    ['stop', '100ms', '1hrs'],
  ] as const) {
    const { up, killed } = await scene(t, shutdown, stop);
    await up(id, slow);
    assert.equal(await killed(id), ended, id);
  }
});

test('the end of a framework waits for no policy', needsDocker, async t => {
  const { used, framework, up } = await scene(t, '2secs', '0ns');
  await up('deaf', deaf, hour);
  await framework.teardown();
  await eventually('that it is removed', async () => (await containersOf(used)).length === 0);
});
