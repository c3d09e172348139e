/**
 * What the agent makes of containers that fail, hang and are lost, at moments that real processes do not stop at: the
 * containers are fakes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaunchError } from '@meseta/containers';
import type { FakeBehaviour } from '@meseta/containers/testing';
import {
  checkId,
  type ExecutorInfo,
  ExitedExecutorMessage,
  KillTaskMessage,
  PingSlaveMessage,
  ReregisterSlaveMessage,
  StatusUpdateMessage,
  UpdateFrameworkMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { FakeContainers } from './testing/fake-containers.ts';
import { frameworkId, type ScriptedMaster } from './testing/scripted-master.ts';
import { bench } from './testing/test-agent.ts';

const framework_id = { value: frameworkId };
const never = () => new Promise<never>(() => {});

const kill = (master: ScriptedMaster, id: string) =>
  master.send(KillTaskMessage, { framework_id, task_id: { value: id } });

/** A custom executor, which a fake container never lets register. */
const executor = (id: string): ExecutorInfo => ({
  executor_id: { value: id },
  framework_id,
  command: { value: './executor' },
});

/** The end of an executor: its container was launched, did not run, and is forgotten. */
const failedLaunch = ['launch', 'fetched', 'checkpoint', 'destroy', 'remove'];

test('a launch that fails after its fetch fails its task and leaves nothing', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  const agent = await containers.startAgent(at);
  const exec = () =>
    Promise.reject(new LaunchError('EXEC', 'Cannot fork: no memory', { step: 'fork', errno: 'ENOMEM' }));
  containers.behaviours.failing = { exec };
  master.command('failing', 'true');
  const { status } = await master.until('failing', 'TASK_FAILED');
  assert.deepEqual(master.states('failing'), ['TASK_FAILED']);
  assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
  assert.equal(status.message, 'Failed to launch container: Cannot fork: no memory');
  await eventually('the end of the framework', () => agent.context.agent.frameworks.size === 0);
  assert.deepEqual(containers.operations('failing'), failedLaunch);
  assert.deepEqual(containers.names, []);
});

test('an executor that cannot be launched fails all tasks that wait for it', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  const agent = await containers.startAgent(at);
  const [begun, failure] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  containers.behaviours.custom = {
    exec: () => {
      begun.resolve();
      return failure.promise;
    },
  };
  for (const id of ['first', 'second']) master.run({ id, executor: executor('custom') });
  await begun.promise;
  await eventually('both tasks', () => [...agent.context.agent.executors()][0]?.queuedTasks.size === 2);
  failure.reject(new LaunchError('EXEC', 'No such file'));
  for (const id of ['first', 'second']) {
    const { status } = await master.until(id, 'TASK_FAILED');
    assert.equal(status.message, 'Failed to launch container: No such file');
    assert.deepEqual(master.states(id), ['TASK_FAILED']);
  }
  assert.equal((await master.untilReceived(ExitedExecutorMessage)).status, -1);
  await eventually('the end of the container', () => containers.names.length === 0);
});

const steps: { step: 'fetch' | 'exec'; operations: string[] }[] = [
  { step: 'fetch', operations: ['launch', 'destroy', 'remove'] },
  { step: 'exec', operations: failedLaunch },
];
for (const { step, operations } of steps) {
  test(`a command task that is killed before the end of ${step} never runs`, async t => {
    const at = await bench(t);
    const { master } = at;
    const containers = new FakeContainers();
    const agent = await containers.startAgent(at);
    const begun = Promise.withResolvers<void>();
    containers.behaviours.killed = {
      [step]: () => {
        begun.resolve();
        return never();
      },
    };
    master.command('killed', 'true');
    await begun.promise;
    kill(master, 'killed');
    await master.until('killed', 'TASK_KILLED');
    assert.ok(!master.states('killed').includes('TASK_RUNNING'));
    await eventually('the end of the framework', () => agent.context.agent.frameworks.size === 0);
    assert.deepEqual(containers.operations('killed'), operations);
    assert.deepEqual(containers.names, []);
  });

  test(`an executor ends whose only task is killed before the end of ${step}`, async t => {
    const at = await bench(t);
    const { master } = at;
    const containers = new FakeContainers();
    const agent = await containers.startAgent(at);
    const begun = Promise.withResolvers<void>();
    containers.behaviours.custom = {
      [step]: () => {
        begun.resolve();
        return never();
      },
    };
    master.run({ id: 'killed', executor: executor('custom') });
    await begun.promise;
    kill(master, 'killed');
    const { status } = await master.until('killed', 'TASK_KILLED');
    assert.equal(status.reason, 'REASON_TASK_KILLED_DURING_LAUNCH');
    assert.deepEqual(master.states('killed'), ['TASK_KILLED']);
    await master.untilReceived(ExitedExecutorMessage);
    await eventually('the end of the framework', () => agent.context.agent.frameworks.size === 0);
    assert.deepEqual(containers.operations('custom'), operations);
  });
}

test('an executor that does not register in time is ended, and its tasks with it', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  await containers.startAgent(at, '--executor_registration_timeout=20secs');
  master.run({ id: 'waits', executor: executor('silent') });
  await eventually('the wait', () => containers.clock.holds(20_000));
  containers.clock.advance(15_000);
  assert.equal((await containers.container('silent')).isRunning, true);
  assert.deepEqual(master.states('waits'), []);
  containers.clock.advance(6000);
  const { status } = await master.until('waits', 'TASK_FAILED');
  assert.equal(status.reason, 'REASON_EXECUTOR_REGISTRATION_TIMEOUT');
  assert.equal(status.message, 'Executor did not register within 20secs');
  assert.equal((await master.untilReceived(ExitedExecutorMessage)).status, 9);
  await eventually('the end of the container', () => containers.names.length === 0);
});

test('an executor that has ended is not kept until it should have registered', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  await containers.startAgent(at, '--executor_registration_timeout=20secs');
  master.run({ id: 'waits', executor: executor('silent') });
  await eventually('the wait', () => containers.clock.holds(20_000));
  (await containers.container('silent')).end({ kind: 'exited', code: 1 });
  await master.until('waits', 'TASK_FAILED');
  await eventually('the end of the wait', () => !containers.clock.holds(20_000));
});

test('the master is told of an executor that ends while the agent registers again', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  await containers.startAgent(at);
  master.run({ id: 'task', executor: executor('custom') });
  const container = await containers.container('custom');
  master.reregisters = false;
  master.sendAs('slave-observer(1)', PingSlaveMessage, { connected: false });
  const { executor_infos } = await master.untilReceived(ReregisterSlaveMessage);
  assert.equal(executor_infos?.length, 1);
  container.end({ kind: 'exited', code: 3 });
  await eventually('its end', () => containers.names.length === 0);
  master.reregisters = true;
  await eventually('the next try', () => {
    containers.clock.advance(1000); // tries come ever later
    return master.received.some(({ name }) => name === ExitedExecutorMessage.fullName);
  });
  const { executor_id, status } = await master.untilReceived(ExitedExecutorMessage);
  assert.deepEqual([executor_id.value, status], ['custom', 3 << 8]);
  await master.until('task', 'TASK_FAILED');
});

test('a task that ignores SIGTERM is killed when its grace is over, and not before', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  await containers.startAgent(at);
  containers.behaviours.stubborn = { ignores: ['SIGTERM'] };
  master.command('stubborn', 'true', { kill_policy: { grace_period: { nanoseconds: 20e9 } } });
  await master.until('stubborn', 'TASK_RUNNING');
  const { exited } = await containers.container('stubborn');
  kill(master, 'stubborn');
  await eventually('SIGTERM', () => containers.operations('stubborn').includes('signal'));
  await eventually('the grace', () => containers.clock.holds(20_000));
  containers.clock.advance(15_000);
  assert.equal((await containers.container('stubborn')).isRunning, true);
  containers.clock.advance(6000);
  assert.deepEqual(await exited, { kind: 'signaled', signal: 9, core: false });
  await master.until('stubborn', 'TASK_KILLED');
});

for (const setMs of [3_600_000, -3_600_000]) {
  test(`a further kill only shortens the grace when the clock was set by ${setMs} ms`, async t => {
    const at = await bench(t);
    const { master } = at;
    const containers = new FakeContainers();
    await containers.startAgent(at);
    const killWithin = (seconds: number) => {
      const kill_policy = { grace_period: { nanoseconds: seconds * 1e9 } };
      master.send(KillTaskMessage, { framework_id, task_id: { value: 'stubborn' }, kill_policy });
    };
    containers.behaviours.stubborn = { ignores: ['SIGTERM'] };
    master.command('stubborn', 'true');
    await master.until('stubborn', 'TASK_RUNNING');
    killWithin(600);
    await eventually('the grace', () => containers.clock.holds(600_000));
    containers.clock.set(setMs);
    killWithin(900);
    master.command('next', 'true');
    await master.until('next', 'TASK_RUNNING'); // the agent has handled what came before
    assert.ok(containers.clock.holds(600_000));
    killWithin(20);
    await eventually('the shorter grace', () => containers.clock.holds(20_000));
    containers.clock.advance(20_000);
    await master.until('stubborn', 'TASK_KILLED');
  });
}

test('the end of a task waits for its descendants, but not forever', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  await containers.startAgent(at);
  const descendants = Promise.withResolvers<void>();
  containers.behaviours.parent = { descendants: descendants.promise };
  master.command('parent', 'true');
  await master.until('parent', 'TASK_RUNNING');
  (await containers.container('parent')).end({ kind: 'exited', code: 0 });
  await eventually('the wait', () => containers.clock.holds(5000));
  containers.clock.advance(4000);
  assert.deepEqual(master.states('parent'), ['TASK_STARTING', 'TASK_RUNNING']);
  containers.clock.advance(1000);
  await master.until('parent', 'TASK_FINISHED');
  assert.deepEqual(containers.names, ['parent']);
  descendants.resolve();
  await eventually('the end of the container', () => containers.names.length === 0);
});

test('the next agent tells what became of containers that ended or were lost, and ends those of nobody', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  const first = await containers.startAgent(at);
  for (const id of ['lives', 'ended', 'lost']) master.command(id, 'true');
  for (const id of ['lives', 'ended', 'lost']) await master.until(id, 'TASK_RUNNING');
  await first.stop();
  (await containers.container('ended')).end({ kind: 'exited', code: 5 });
  await containers.lose('lost');
  const config = { directory: at.directory, command_info: { value: 'true' }, executor_info: executor('nobody') };
  await containers.containerizer().launch({ value: checkId('of-nobody') }, { config });
  assert.deepEqual(containers.names, ['ended', 'lives', 'nobody']);

  await containers.startAgent(at);
  await master.untilReceived(ReregisterSlaveMessage);
  assert.equal((await master.until('ended', 'TASK_FAILED')).status.message, 'Command exited with status 5');
  const { status } = await master.until('lost', 'TASK_FAILED');
  assert.equal(status.reason, 'REASON_EXECUTOR_TERMINATED');
  assert.equal(status.message, 'Abnormal executor termination: unknown container');
  await eventually('the end of what is over', () => containers.names.join() === 'lives');
  assert.deepEqual(containers.operations('nobody'), ['remove']);
  assert.deepEqual(containers.operations('lives'), []);
  kill(master, 'lives');
  await master.until('lives', 'TASK_KILLED');
});

const hanging: { name: string; behaviour: FakeBehaviour }[] = [
  { name: 'whose clean-up does not come to an end', behaviour: { cleanup: never } },
  { name: 'whose launch does not come to an end', behaviour: { prepare: never } },
  { name: 'whose processes nothing ends', behaviour: { ignores: ['SIGTERM', 'SIGKILL'] } },
];
for (const { name, behaviour } of hanging) {
  for (const kind of ['command', 'custom'] as const) {
    test(`an agent ends in time, of a ${kind} task's container ${name}`, async t => {
      const at = await bench(t);
      const { master } = at;
      master.framework = { ...master.framework, checkpoint: false };
      const containers = new FakeContainers();
      const agent = await containers.startAgent(at, '--executor_shutdown_grace_period=10secs');
      containers.behaviours.hangs = behaviour;
      if (kind === 'command') master.command('hangs', 'true');
      else master.run({ id: 'task', executor: executor('hangs') });
      const container = await containers.container('hangs');
      if (!behaviour.prepare) await eventually('its run', () => container.isRunning);
      await containers.stop(agent);
    });
  }
}

test('a scheduler that comes back hears at once what it has not acknowledged', async t => {
  const at = await bench(t);
  const { master } = at;
  master.acknowledges = false;
  await new FakeContainers().startAgent(at);
  master.command('told', 'true');
  await master.until('told', 'TASK_STARTING');
  const sent = () => master.received.filter(({ name }) => name === StatusUpdateMessage.fullName).length;
  const before = sent();
  const framework_info = { ...master.framework, id: framework_id };
  master.send(UpdateFrameworkMessage, { framework_id, framework_info, pid: '' });
  await eventually('the status once more', () => sent() > before);
});

test('an agent waits for clean-ups that come to an end in time', async t => {
  const at = await bench(t);
  const { master } = at;
  const containers = new FakeContainers();
  const agent = await containers.startAgent(at);
  const cleanup = Promise.withResolvers<void>();
  containers.behaviours.slow = { cleanup: () => cleanup.promise };
  master.command('slow', 'true');
  await master.until('slow', 'TASK_RUNNING');
  kill(master, 'slow');
  await master.until('slow', 'TASK_KILLED');
  const stopped = agent.stop();
  await eventually('the wait for its clean-up', () => containers.clock.holds(5000));
  containers.clock.advance(4000);
  assert.ok(containers.clock.holds(5000));
  cleanup.resolve();
  await stopped;
});
