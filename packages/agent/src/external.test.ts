/** An agent with an external containerizer, whose program is one of the examples. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandExecutorPath } from '@meseta/executor';
import { ContainerizerLaunch, decode, ExitedExecutorMessage, KillTaskMessage } from '@meseta/protocol';
import { userName } from '@meseta/system';
import { all, eventually, needs } from '@meseta/system/testing';
import { externalFlags, python, runExecutor } from './testing/external-program.ts';
import { agentId, frameworkId } from './testing/scripted-master.ts';
import { type Bench, bench, startTestAgent } from './testing/test-agent.ts';

const framework_id = { value: frameworkId };

const sandboxFile = ({ directory }: Bench, executorId: string, name: string) => {
  const [path = assert.fail(`no ${name}`)] = globSync(
    `${directory}/work/slaves/*/frameworks/*/executors/${executorId}/runs/*-*/${name}`,
  );
  return readFileSync(path, 'utf8');
};

test('a command task runs below mesos-executor, as in Mesos', python, async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const agent = await startTestAgent(at, ...(await externalFlags(at)), '--default_container_image=debian');
  at.onEnd(() => agent.shutdown());
  const variables = [{ name: 'OF_TASK', value: 'set' }];
  const value = `trap 'exit 7' TERM; echo "$OF_TASK $(id -un)"; while :; do sleep 0.02; done`;
  master.run({ id: 'task', command: { value, environment: { variables } } });
  const { status } = await master.until('task', 'TASK_RUNNING');
  assert.equal(status.container_status?.executor_pid, undefined); // only the program knows it
  await eventually('its output', () => sandboxFile(at, 'task', 'stdout') === `set ${userName()}\n`);
  const launch = decode(ContainerizerLaunch, readFileSync(join(directory, 'launch')).subarray(4));
  assert.equal(launch.task_info?.command?.value, value);
  assert.equal(launch.executor_info?.executor_id.value, 'task');
  assert.match(launch.executor_info?.name ?? '', /^Command Executor \(Task: task\) /);
  const { command, resources } = launch.executor_info ?? {};
  assert.match(command?.value ?? '', /^\/.*\/mesos-executor$/);
  assert.deepEqual(command?.environment?.variables, variables);
  assert.deepEqual(
    resources?.map(({ name, role, scalar }) => [name, role, scalar?.value]),
    [
      ['cpus', '*', 0.2],
      ['mem', '*', 64],
    ],
  );
  assert.deepEqual([launch.agent_id?.value, launch.agent_pid, launch.checkpoint], [agentId, agent.pid, true]);
  assert.ok(launch.directory?.endsWith(`/executors/task/runs/${launch.container_id.value}`));
  master.send(KillTaskMessage, { framework_id, task_id: { value: 'task' } });
  const { status: last } = await master.until('task', 'TASK_KILLED');
  assert.equal(last.source, 'SOURCE_EXECUTOR');
  assert.equal(last.message, 'Command exited with status 7');
  const [own] = [...agent.context.agent.executors()];
  await eventually('its end', () => !own || own.state === 'TERMINATED');
  assert.deepEqual(
    master.received.filter(({ name }) => name === ExitedExecutorMessage.fullName),
    [],
  );
});

const failures: { name: string; line: string; reason: string; message: RegExp }[] = [
  {
    name: 'a launch that fails',
    line: '[ "$1" != launch ] || exit 9',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message:
      /^Failed to launch container: 'launch' of the external containerizer program '.*\/program' failed: it exited with status 9; what it printed is in '.*\/stderr'$/,
  },
  {
    name: 'a wait that answers garbage',
    line: '[ "$1" != wait ] || exec echo garbage',
    reason: 'REASON_EXECUTOR_TERMINATED',
    message: /^'wait' of the external containerizer program '.*\/program' failed: its answer would have/,
  },
  {
    name: 'a limit that the program enforces',
    line: `[ "$1" != wait ] || exec printf '\\014\\000\\000\\000\\010\\001\\022\\010too much'`,
    reason: 'REASON_CONTAINER_LIMITATION',
    message: /^too much$/,
  },
];
for (const { name, line, reason, message } of failures) {
  test(`the task's status says ${name}`, python, async t => {
    const at = await bench(t);
    const { master } = at;
    const agent = await startTestAgent(at, ...(await externalFlags(at, line)));
    at.onEnd(() => agent.shutdown());
    runExecutor(master, 'sleep 1', 'task');
    const { status } = await master.until('task', 'TASK_FAILED');
    assert.match(status.message ?? '', message);
    assert.equal(status.reason, reason);
  });
}

test('an agent without --containerizer_path does not start', async t => {
  const at = await bench(t);
  const message = /--containerizers=external needs a program: give its path with --containerizer_path/;
  await assert.rejects(startTestAgent(at, '--containerizers=external'), message);
  await assert.rejects(startTestAgent(at, '--isolation=external'), message);
});

for (const name of ['processes.py', 'process-groups'] as const) {
  test(`a task runs as its user, with ${name}`, all(python, needs.root('tasks run as other users')), async t => {
    const at = await bench(t);
    await chmod(at.directory, 0o755);
    const agent = await startTestAgent(at, ...(await externalFlags(at, '', name)));
    at.onEnd(() => agent.shutdown());
    at.master.run({ id: 'task', command: { value: 'id -un; id -Gn; touch mine', user: 'nobody' } });
    await at.master.until('task', 'TASK_FINISHED');
    const [user, groups = 'root'] = sandboxFile(at, 'task', 'stdout').split('\n');
    assert.equal(user, 'nobody');
    assert.doesNotMatch(groups, /root/);
  });
}

test('the mesos-executor of --launcher_dir runs command tasks, where there is one', python, async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const helpers = join(directory, 'helpers');
  await mkdir(helpers);
  const script = `#!/bin/sh\necho of launcher_dir\nexec ${commandExecutorPath} "$@"\n`;
  await writeFile(join(helpers, 'mesos-executor'), script, { mode: 0o755 });
  const agent = await startTestAgent(at, ...(await externalFlags(at)), `--launcher_dir=${helpers}`);
  at.onEnd(() => agent.shutdown());
  master.command('task', 'true');
  await master.until('task', 'TASK_FINISHED');
  assert.match(sandboxFile(at, 'task', 'stdout'), /^of launcher_dir$/m);
});

test('beside the containerizer of Mesos it gets what that refuses', python, async t => {
  const at = await bench(t);
  const { master, directory } = at;
  const [, path = ''] = await externalFlags(at);
  const agent = await startTestAgent(at, '--containerizers=mesos,external', path);
  at.onEnd(() => agent.shutdown());
  master.command('plain', 'true');
  await master.until('plain', 'TASK_FINISHED');
  assert.ok(!existsSync(join(directory, 'launch')));
  master.command('image', 'true', { container: { type: 'DOCKER', docker: { image: 'debian' } } });
  await master.until('image', 'TASK_FINISHED');
  const launch = decode(ContainerizerLaunch, readFileSync(join(directory, 'launch')).subarray(4));
  assert.equal(launch.task_info?.container?.docker?.image, 'debian');
  assert.equal(launch.executor_info?.container?.docker?.image, 'debian');
});
