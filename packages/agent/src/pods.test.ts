/** Task groups on default executors, from RunTaskGroup to the end of the executor, with real processes. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ExitedExecutorMessage, ShutdownExecutorMessage, ShutdownFrameworkMessage } from '@meseta/protocol';
import { PodBench, shell } from './testing/pod-bench.ts';
import { frameworkId, scalars } from './testing/scripted-master.ts';

const begun = ['TASK_STARTING', 'TASK_RUNNING'];
const finished = [...begun, 'TASK_FINISHED'];
const failed = [...begun, 'TASK_FAILED'];
const killed = [...begun, 'TASK_KILLING', 'TASK_KILLED'];

test('a group runs and finishes, each task in a nested container with a sandbox of its own', async t => {
  const bench = await PodBench.start(t);
  const { master } = bench;
  master.runGroup([shell('one', 'echo one; while [ ! -e go ]; do sleep 0.02; done'), shell('two', 'echo two')]);
  await master.until('two', 'TASK_FINISHED');
  const { container_status } = (await master.until('one', 'TASK_RUNNING')).status;
  const { directory, containerId } = bench.executor('pod');
  assert.deepEqual((await readdir(directory)).sort(), ['containers', 'stderr', 'stdout', 'tasks']);
  assert.equal(await readFile(join(directory, 'tasks', 'two', 'stdout'), 'utf8'), 'two\n');
  const sandbox = await readlink(join(directory, 'tasks', 'one'));
  assert.equal((await stat(sandbox)).mode & 0o777, 0o750);
  assert.deepEqual(container_status?.container_id?.parent, { value: containerId });
  assert.equal(sandbox, join(directory, 'containers', container_status?.container_id?.value ?? ''));
  await writeFile(join(sandbox, 'go'), '');
  await master.until('one', 'TASK_FINISHED');
  for (const id of ['one', 'two']) {
    assert.deepEqual(master.states(id), finished);
    assert.equal((await master.until(id, 'TASK_FINISHED')).status.message, 'Command exited with status 0');
  }
  const exited = await master.untilReceived(ExitedExecutorMessage);
  assert.deepEqual([exited.executor_id.value, exited.status], ['pod', 0]);
  await bench.untilNothingIsLeft();
});

test('tasks have the environment that Mesos gives them, their own, and nothing of the agent', async t => {
  const { master, executor } = await PodBench.start(t);
  const variables = [{ name: 'OWN', value: 'yes' }];
  master.runGroup([
    { id: 'env', command: { value: 'env; pwd', environment: { variables } } },
    shell('two', 'sleep 600'),
  ]);
  await master.until('env', 'TASK_FINISHED');
  const sandbox = join(executor('pod').directory, 'tasks', 'env');
  const lines = (await readFile(join(sandbox, 'stdout'), 'utf8')).trim().split('\n');
  const names = lines.slice(0, -1).map(line => line.slice(0, line.indexOf('=')));
  const ofMesos = ['MESOS_ALLOCATION_ROLE', 'MESOS_CONTAINER_IP', 'MESOS_SANDBOX'];
  assert.deepEqual(names.sort(), ['MESETA_CONTAINER_ID', ...ofMesos, 'OWN', 'PATH', 'PWD']);
  assert.equal(lines.at(-1), await readlink(sandbox));
  for (const line of [`MESOS_SANDBOX=${lines.at(-1)}`, 'MESOS_CONTAINER_IP=127.0.0.1', 'OWN=yes']) {
    assert.ok(lines.includes(line), line);
  }
});

const failures: { name: string; task: object; states: string[]; message: RegExp; reason?: string }[] = [
  {
    name: 'a task that exits with 3',
    task: { command: { value: 'exit 3' } },
    states: failed,
    message: /^Command exited with status 3$/,
  },
  {
    name: 'one that dies by a signal',
    task: { command: { value: 'kill -SEGV $$' } },
    states: failed,
    message: /^Command terminated with signal Segmentation fault$/,
  },
  {
    name: 'one whose program is not there',
    task: { command: { shell: false, value: '/no/such', arguments: ['x'] } },
    states: failed,
    message: /^Command exited with status 1$/,
  },
  {
    name: 'one whose files cannot be fetched',
    task: { command: { value: 'true', uris: [{ value: '/no/such/file' }] } },
    states: ['TASK_STARTING', 'TASK_FAILED'],
    message: /^Failed to launch container: Failed to fetch all URIs/,
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  },
  {
    name: 'one that runs too long',
    task: { command: { value: 'sleep 600' }, max_completion_time: { nanoseconds: 50_000_000 } },
    states: failed,
    message: /^Command terminated with signal Terminated$/,
    reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
  },
];

test('one that fails takes the others of its group with it, and no other group', async t => {
  const bench = await PodBench.start(t);
  const { master } = bench;
  master.runGroup([shell('alive', 'sleep 600')]);
  await master.until('alive', 'TASK_RUNNING');
  for (const [index, { name, task, states, message, reason }] of failures.entries()) {
    await t.test(name, async () => {
      const [one, other] = [`one-${index}`, `other-${index}`];
      master.runGroup([shell(other, 'sleep 600'), { id: one, ...task }], { launch: false });
      const { status } = await master.until(one, 'TASK_FAILED');
      await master.until(other, 'TASK_KILLED');
      assert.deepEqual(master.states(one), states);
      assert.match(status.message ?? '', message);
      assert.equal(status.reason, reason);
      assert.equal(status.source, 'SOURCE_EXECUTOR');
    });
  }
  assert.deepEqual(master.states('alive'), begun);
  master.kill('alive');
  await master.until('alive', 'TASK_KILLED');
  await bench.untilNothingIsLeft();
});

test('one that fails at once ends those that are being launched', async t => {
  const bench = await PodBench.start(t);
  const { master } = bench;
  const rounds = Array.from({ length: 10 }, (_, round) => [`long-${round}`, `short-${round}`] as const);
  for (const [long, short] of rounds) {
    master.runGroup([shell(long, 'sleep 600'), shell(short, 'exit 7')], { executor: short });
  }
  for (const [long, short] of rounds) {
    await master.until(short, 'TASK_FAILED');
    await master.until(long, 'TASK_KILLED');
  }
  await bench.untilNothingIsLeft();
});

test('one that finishes leaves the others alone; one that is killed takes them with it', async t => {
  const bench = await PodBench.start(t);
  const { master } = bench;
  master.runGroup([shell('ends', 'true'), shell('one', 'sleep 600'), shell('two', 'sleep 600')]);
  await master.until('ends', 'TASK_FINISHED');
  for (const id of ['one', 'two']) await master.until(id, 'TASK_RUNNING');
  master.kill('one');
  for (const id of ['one', 'two']) {
    await master.until(id, 'TASK_KILLED');
    assert.deepEqual(master.states(id), killed);
  }
  await bench.untilNothingIsLeft();
});

test('the executor ends with its tasks, its framework, on request, or when its container is killed', async t => {
  const bench = await PodBench.start(t, '--executor_shutdown_grace_period=2100ms');
  const { master } = bench;
  const ids = { framework_id: { value: frameworkId }, executor_id: { value: 'pod' } };
  const pod = async (id: string) => {
    master.runGroup([shell(id, 'sleep 600'), shell(`${id}-too`, 'sleep 600')]);
    for (const each of [id, `${id}-too`]) await master.until(each, 'TASK_RUNNING');
    return bench.executor('pod');
  };
  await t.test('on request, whatever its tasks do', async () => {
    master.runGroup([shell('deaf', "trap '' TERM; touch deaf; while :; do sleep 1; done"), shell('kind', 'sleep 600')]);
    await master.until('kind', 'TASK_RUNNING');
    await bench.until('a trap', () => existsSync(join(bench.executor('pod').directory, 'tasks', 'deaf', 'deaf')));
    master.send(ShutdownExecutorMessage, ids);
    for (const id of ['deaf', 'kind']) await master.until(id, 'TASK_KILLED');
    await bench.untilNothingIsLeft();
  });
  await t.test('when its container is killed', async () => {
    const { pid = 0 } = await pod('lost');
    process.kill(pid, 'SIGKILL');
    const { status } = await master.until('lost', 'TASK_FAILED');
    await master.until('lost-too', 'TASK_FAILED');
    assert.deepEqual(
      [status.source, status.reason, status.message],
      ['SOURCE_AGENT', 'REASON_EXECUTOR_TERMINATED', 'Executor terminated with signal 9'],
    );
    assert.equal((await master.untilReceived(ExitedExecutorMessage, 2)).status, 9);
    await bench.untilNothingIsLeft();
  });
  await t.test('with its framework', async () => {
    await pod('gone');
    master.send(ShutdownFrameworkMessage, ids);
    await bench.untilNothingIsLeft();
  });
});

test('a group is killed as a whole before its executor is there', async t => {
  const bench = await PodBench.start(t);
  const { master } = bench;
  master.runGroup([shell('one', 'sleep 600'), shell('two', 'sleep 600')]);
  master.kill('two');
  for (const id of ['one', 'two']) {
    const { status } = await master.until(id, 'TASK_KILLED');
    assert.deepEqual(master.states(id), ['TASK_KILLED']);
    assert.equal(status.reason, 'REASON_TASK_KILLED_DURING_LAUNCH');
  }
  await bench.untilNothingIsLeft();
});

test('what is refused is refused for the whole group, and changes nothing', async t => {
  const bench = await PodBench.start(t);
  const { master } = bench;
  const reservation = { type: 'DYNAMIC', role: 'r', principal: 'p' } as const;
  const unknown = scalars({ cpus: 0.1, mem: 32, disk: 10 }).map(each => ({ ...each, reservations: [reservation] }));
  const refused = async (ids: string[], reason: string) => {
    for (const id of ids) {
      const { status } = await master.until(id, 'TASK_DROPPED');
      assert.deepEqual([master.states(id), status.reason], [['TASK_DROPPED'], reason]);
    }
  };
  await t.test('resources that the agent does not know', async () => {
    master.runGroup([shell('fine', 'true'), { ...shell('reserved', 'true'), resources: unknown }]);
    await refused(['fine', 'reserved'], 'REASON_RESOURCES_UNKNOWN');
    await master.untilReceived(ExitedExecutorMessage); // the master has the executor in its books
  });
  await t.test('resources of the executor that it does not know', async () => {
    master.runGroup([shell('on-reserved', 'true')], { info: { resources: unknown } });
    await refused(['on-reserved'], 'REASON_RESOURCES_UNKNOWN');
  });
  await t.test('an executor that is not there', async () => {
    master.runGroup([shell('late', 'true')], { launch: false });
    await refused(['late'], 'REASON_EXECUTOR_TERMINATED');
  });
  await t.test('an executor that is there already', async () => {
    master.runGroup([shell('first', 'sleep 600')]);
    await master.until('first', 'TASK_RUNNING');
    master.runGroup([shell('again', 'true')]);
    await refused(['again'], 'REASON_EXECUTOR_TERMINATED');
  });
  await t.test('a task that is here already', async () => {
    master.runGroup([shell('new', 'true'), shell('first', 'true')], { launch: false });
    master.runGroup([shell('next', 'true')], { launch: false });
    await master.until('next', 'TASK_FINISHED');
    assert.deepEqual([master.states('new'), master.states('first')], [[], begun]);
  });
  await t.test('a single task is a group of one', async () => {
    master.run({ ...shell('single', 'true'), executor: bench.executor('pod').info });
    await master.until('single', 'TASK_FINISHED');
    assert.deepEqual(master.states('single'), finished);
  });
});
