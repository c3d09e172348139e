/** Custom executors of both protocols, as real processes: from launch to shutdown, and over the agent's death. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ExecutorToFrameworkMessage,
  ExitedExecutorMessage,
  FrameworkToExecutorMessage,
  KillTaskMessage,
  ReregisterSlaveMessage,
  ShutdownExecutorMessage,
} from '@meseta/protocol';
import { freePort } from '@meseta/system/testing';
import { agentId, frameworkId, type ScriptedMaster } from './testing/scripted-master.ts';
import { bench, kill, spawnAgent } from './testing/test-agent.ts';

const node = `exec '${process.execPath}' --disable-warning=ExperimentalWarning`;
const program = (file: string) => `${node} '${fileURLToPath(new URL(`./testing/${file}`, import.meta.url))}'`;
const framework_id = { value: frameworkId };

function run(master: ScriptedMaster, command: string, id: string, data?: string, executorId = 'custom'): void {
  const resources = [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 0.1 }, allocation_info: { role: '*' } }];
  const executor = { executor_id: { value: executorId }, command: { value: command }, resources, framework_id };
  master.run({ id, executor, ...(data === undefined ? {} : { data: Buffer.from(data).toString('base64') }) });
}

for (const [protocol, file] of [
  ['v1', 'http-executor.ts'],
  ['v0', 'driver-executor.ts'],
] as const) {
  test(`an executor on the ${protocol} API`, async t => {
    const at = await bench(t);
    const { master } = at;
    const flags = [`--port=${await freePort()}`, '--executor_reregistration_timeout=15secs'];
    let agent = spawnAgent(at, ...flags);
    at.onEnd(() => kill(agent, 'SIGTERM'));
    await master.untilAgent();
    const command = program(file);

    await t.test('gets tasks that waited for it, and those that come later', async () => {
      run(master, command, 'ends', 'end');
      run(master, command, 'stays');
      await master.until('ends', 'TASK_FINISHED');
      await master.until('stays', 'TASK_RUNNING');
      run(master, command, 'later', 'end');
      const { status } = await master.until('later', 'TASK_FINISHED');
      assert.equal(status.source, 'SOURCE_EXECUTOR');
      assert.equal(status.executor_id?.value, 'custom');
      assert.equal(status.agent_id?.value, agentId);
      assert.ok(status.container_status?.executor_pid);
      assert.deepEqual(master.states('ends'), ['TASK_RUNNING', 'TASK_FINISHED']);
    });

    await t.test('exchanges messages with its framework', async () => {
      const data = Buffer.from('ping').toString('base64');
      const message = { agent_id: { value: agentId }, framework_id, executor_id: { value: 'custom' }, data };
      master.send(FrameworkToExecutorMessage, message);
      assert.deepEqual(await master.untilReceived(ExecutorToFrameworkMessage), message);
    });

    await t.test('outlives the agent with its tasks', async () => {
      await kill(agent, 'SIGKILL');
      agent = spawnAgent(at, ...flags);
      const { tasks, executor_infos } = await master.untilReceived(ReregisterSlaveMessage);
      assert.deepEqual(
        tasks?.map(({ task_id, state }) => [task_id.value, state]),
        [['stays', 'TASK_RUNNING']],
      );
      assert.deepEqual(
        executor_infos?.map(({ executor_id }) => executor_id.value),
        ['custom'],
      );
      run(master, command, 'after', 'end');
      await master.until('after', 'TASK_FINISHED');
    });

    await t.test('is asked to kill', async () => {
      master.send(KillTaskMessage, { framework_id, task_id: { value: 'stays' } });
      await master.until('stays', 'TASK_KILLED');
    });

    await t.test('shuts down, and the master hears how it ended', async () => {
      run(master, command, 'last');
      await master.until('last', 'TASK_RUNNING');
      master.send(ShutdownExecutorMessage, { framework_id, executor_id: { value: 'custom' } });
      const { status } = await master.until('last', 'TASK_FAILED');
      assert.equal(status.reason, 'REASON_EXECUTOR_TERMINATED');
      const exited = await master.untilReceived(ExitedExecutorMessage);
      assert.deepEqual(exited, {
        agent_id: { value: agentId },
        framework_id,
        executor_id: { value: 'custom' },
        status: 0,
      });
    });
  });
}

test('an executor that never registers is ended', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = spawnAgent(at, '--executor_registration_timeout=300ms', '--executor_shutdown_grace_period=200ms');
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  run(master, 'sleep 600', 'silent', undefined, 'silent');
  const { status } = await master.until('silent', 'TASK_FAILED');
  assert.equal(status.reason, 'REASON_EXECUTOR_REGISTRATION_TIMEOUT');
  await master.untilReceived(ExitedExecutorMessage);
});

test('executors that end before they have registered', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = spawnAgent(at, '--executor_shutdown_grace_period=200ms');
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();

  await t.test('one that dies takes its tasks along', async () => {
    run(master, 'exit 9', 'dead', undefined, 'dead');
    const { status } = await master.until('dead', 'TASK_FAILED');
    assert.equal(status.reason, 'REASON_EXECUTOR_TERMINATED');
    assert.equal((await master.untilReceived(ExitedExecutorMessage)).status, 9 << 8);
  });

  await t.test('one whose only task is killed before it is up does not come up', async () => {
    run(master, 'sleep 600', 'early', undefined, 'early');
    master.send(KillTaskMessage, { framework_id, task_id: { value: 'early' } });
    const { status } = await master.until('early', 'TASK_KILLED');
    assert.equal(status.reason, 'REASON_TASK_KILLED_DURING_LAUNCH');
    await master.untilReceived(ExitedExecutorMessage, 2);
  });
});
