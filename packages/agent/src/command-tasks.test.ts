/** Command tasks from RunTask to the last acknowledgement, with real processes. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { KillTaskMessage, ShutdownFrameworkMessage, type TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { frameworkId } from './testing/scripted-master.ts';
import { bench, startTestAgent } from './testing/test-agent.ts';

const started = ['TASK_STARTING', 'TASK_RUNNING'];
const milliseconds = 1_000_000;

const ends: { name: string; task: Partial<TaskInfo>; states: string[]; message: string; reason?: string }[] = [
  {
    name: 'exits with 0',
    task: { command: { value: 'true' } },
    states: [...started, 'TASK_FINISHED'],
    message: 'Command exited with status 0',
  },
  {
    name: 'exits with 3',
    task: { command: { value: 'exit 3' } },
    states: [...started, 'TASK_FAILED'],
    message: 'Command exited with status 3',
  },
  {
    name: 'exits with 143, which is no signal',
    task: { command: { value: 'exit 143' } },
    states: [...started, 'TASK_FAILED'],
    message: 'Command exited with status 143',
  },
  {
    name: 'dies by a signal',
    task: { command: { value: 'kill -SEGV $$' } },
    states: [...started, 'TASK_FAILED'],
    message: 'Command terminated with signal Segmentation fault',
  },
  {
    name: 'has a binary that does not exist',
    task: { command: { shell: false, value: '/no/such', arguments: ['x'] } },
    states: [...started, 'TASK_FAILED'],
    message: 'Command exited with status 1',
  },
  {
    name: 'runs longer than it may',
    task: { command: { value: 'sleep 600' }, max_completion_time: { nanoseconds: 100 * milliseconds } },
    states: [...started, 'TASK_FAILED'],
    message: 'Command terminated with signal Terminated',
    reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
  },
  {
    name: 'wants to be run as nobody known',
    task: { command: { value: 'true', user: 'no-such-user' } },
    states: ['TASK_FAILED'],
    message: "Failed to launch container: Cannot run as user 'no-such-user': no such user",
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  },
  {
    name: 'wants something fetched that cannot be',
    task: { command: { value: 'true', uris: [{ value: "/it's" }] } },
    states: ['TASK_FAILED'],
    message: "Failed to launch container: Could not fetch /it's: Illegal characters in URI",
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  },
  {
    name: 'wants a container of a kind that there is not',
    task: { command: { value: 'true' }, container: { type: 'DOCKER', docker: { image: 'x' } } },
    states: ['TASK_FAILED'],
    message: 'Failed to launch container: A container of type DOCKER needs the containerizer docker (--containerizers)',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
  },
];

test('command tasks', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  const { master } = at;
  at.onEnd(() => agent.shutdown());
  const sandbox = (id: string, file: string) => {
    const path = ['work', 'slaves', 'latest', 'frameworks', frameworkId, 'executors', id, 'runs', 'latest', file];
    return readFile(join(at.directory, ...path), 'utf8');
  };
  const terminal = (id: string, state: string) => master.until(id, state);

  for (const [index, { name, task, states, message, reason }] of ends.entries()) {
    await t.test(name, async () => {
      const id = `end-${index}`;
      master.run({ id, ...task });
      const { status } = await terminal(id, states.at(-1) ?? '');
      assert.deepEqual(master.states(id), states);
      assert.equal(status.message, message);
      assert.equal(status.reason, reason);
    });
  }

  await t.test('says in stderr why a binary could not be executed', async () => {
    assert.match(await sandbox('end-4', 'stderr'), /Failed to execute '\/no\/such': ENOENT/);
  });

  await t.test('has the environment of its executor, its own, and nothing of the agent', async () => {
    const variables = [{ name: 'OWN', value: 'yes' }];
    master.run({ id: 'env', command: { value: 'env; pwd', environment: { variables } } });
    await terminal('env', 'TASK_FINISHED');
    const lines = (await sandbox('env', 'stdout')).trim().split('\n');
    const names = lines.slice(0, -1).map(line => line.slice(0, line.indexOf('=')));
    assert.deepEqual(names.sort(), [
      'LIBPROCESS_IP',
      'LIBPROCESS_PORT',
      'MESETA_CONTAINER_ID',
      'MESOS_AGENT_ENDPOINT',
      'MESOS_ALLOCATION_ROLE',
      'MESOS_CHECKPOINT',
      'MESOS_DIRECTORY',
      'MESOS_EXECUTOR_ID',
      'MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD',
      'MESOS_FRAMEWORK_ID',
      'MESOS_HTTP_COMMAND_EXECUTOR',
      'MESOS_RECOVERY_TIMEOUT',
      'MESOS_SANDBOX',
      'MESOS_SLAVE_ID',
      'MESOS_SLAVE_PID',
      'MESOS_SUBSCRIPTION_BACKOFF_MAX',
      'OWN',
      'PATH',
      'PWD',
    ]);
    assert.ok(lines.includes(`MESOS_SANDBOX=${lines.at(-1)}`));
  });

  await t.test('is killed with all its descendants, whatever they trap', async () => {
    const trapped = join(at.directory, 'trapped');
    const value = `trap '' TERM; touch ${trapped}; sleep 600 & sleep 600 & while true; do sleep 0.05; done`;
    master.command('stubborn', value, {
      kill_policy: { grace_period: { nanoseconds: 100 * milliseconds } },
    });
    const { status } = await terminal('stubborn', 'TASK_RUNNING');
    await eventually(
      () => 'the trap',
      () => existsSync(trapped),
    );
    master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: 'stubborn' } });
    const { status: killed } = await terminal('stubborn', 'TASK_KILLED');
    assert.equal(killed.message, 'Command terminated with signal Killed');
    assert.deepEqual(master.states('stubborn'), [...started, 'TASK_KILLING', 'TASK_KILLED']);
    const pid = status.container_status?.executor_pid ?? 0;
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  await t.test('is not launched when its kill comes at once', async () => {
    master.command('early', 'sleep 600');
    master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: 'early' } });
    const { status } = await terminal('early', 'TASK_KILLED');
    assert.equal(status.reason, 'REASON_TASK_KILLED_DURING_LAUNCH');
  });

  await t.test('is KILLED also when it exits with 0', async () => {
    const trapped = join(at.directory, 'polite-trap');
    master.command('polite', `trap 'exit 0' TERM; touch ${trapped}; while true; do sleep 0.05; done`);
    await terminal('polite', 'TASK_RUNNING');
    await eventually(
      () => 'the trap',
      () => existsSync(trapped),
    );
    master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: 'polite' } });
    assert.equal((await terminal('polite', 'TASK_KILLED')).status.message, 'Command exited with status 0');
  });

  await t.test('an unknown task cannot be killed, and is told to be lost', async () => {
    master.command('alive', 'sleep 600');
    await terminal('alive', 'TASK_RUNNING');
    master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: 'unknown' } });
    const { status } = await terminal('unknown', 'TASK_DROPPED');
    assert.equal(status.reason, 'REASON_EXECUTOR_TERMINATED');
  });

  await t.test('is launched once, however often the master says so', async () => {
    master.command('alive', 'sleep 600');
    master.command('after', 'true');
    await terminal('after', 'TASK_FINISHED');
    assert.deepEqual(master.states('alive'), started);
  });

  await t.test('ids that lead elsewhere are ignored', async () => {
    master.command('../../evil', 'true');
    master.command('after-evil', 'true');
    await terminal('after-evil', 'TASK_FINISHED');
    assert.deepEqual(master.states('../../evil'), []);
  });

  await t.test('reservations that the agent does not know of', async () => {
    const reservations = [{ type: 'DYNAMIC' as const, role: 'r' }];
    const resources = [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 1 }, reservations }];
    master.run({ id: 'reserved', command: { value: 'true' }, resources });
    assert.equal((await terminal('reserved', 'TASK_DROPPED')).status.reason, 'REASON_RESOURCES_UNKNOWN');
  });

  await t.test('finished ones leave nothing but a bounded history', async () => {
    const { statusUpdates, agent: state } = agent.context;
    await eventually(
      () => `one task to be left; there are ${statusUpdates.size}`,
      () => statusUpdates.size === 1,
    );
    const framework = state.frameworks.get([...state.frameworks.keys()][0] as never);
    assert.deepEqual([...(framework?.executors.keys() ?? [])], ['alive']);
  });

  await t.test('a framework that is gone takes its tasks with it', async () => {
    master.send(ShutdownFrameworkMessage, { framework_id: { value: frameworkId } });
    await eventually(
      () => 'the framework to be gone',
      () => agent.context.agent.frameworks.size === 0,
    );
    assert.equal(agent.context.agent.completedFrameworks.size, 1);
  });
});
