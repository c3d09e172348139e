/** As whom tasks run, and with which environment. */
import assert from 'node:assert/strict';
import { chmod, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { lookupUser } from '@meseta/system';
import { needs } from '@meseta/system/testing';
import { createLogger } from '@meseta/telemetry';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import { frameworkId } from '../testing/scripted-master.ts';
import { agentArguments, type Bench, bench, startTestAgent } from '../testing/test-agent.ts';

const otherUsers = needs.root('tasks run as other users');

const sandbox = ({ directory }: Bench, id: string, ...file: string[]) =>
  join(directory, 'work/slaves/latest/frameworks', frameworkId, 'executors', id, 'runs/latest', ...file);

const cases: { name: string; framework: string; command?: string; flag?: string; runsAs: string }[] = [
  { name: "the framework's user", framework: 'nobody', runsAs: 'nobody' },
  { name: "the command's user first", framework: 'nobody', command: 'daemon', runsAs: 'daemon' },
  {
    name: "the agent's user with --no-switch_user",
    framework: 'nobody',
    command: 'daemon',
    flag: '--no-switch_user',
    runsAs: userInfo().username,
  },
];
for (const { name, framework, command, flag, runsAs } of cases) {
  test(`a task runs as ${name}`, otherUsers, async t => {
    const at = await bench(t);
    await chmod(at.directory, 0o755);
    const agent = await startTestAgent(at, ...(flag ? [flag] : []));
    at.onEnd(() => agent.stop());
    at.master.framework.user = framework;
    const value = 'id -un; id -Gn; touch mine';
    at.master.run({ id: 'task', command: { value, ...(command ? { user: command } : {}) } });
    await at.master.until('task', 'TASK_FINISHED');
    const [user, groups] = (await readFile(sandbox(at, 'task', 'stdout'), 'utf8')).split('\n');
    assert.equal(user, runsAs);
    if (runsAs !== 'root') assert.doesNotMatch(groups ?? '', /root/);
    const { uid } = await lookupUser(runsAs);
    for (const file of ['', 'stdout', 'stderr', 'mine'])
      assert.equal((await stat(sandbox(at, 'task', file))).uid, uid, file);
    assert.equal((await stat(sandbox(at, 'task'))).mode & 0o777, 0o750);
  });
}

test('a user whom nobody knows is named, for a task and for an executor', otherUsers, async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.stop());
  at.master.framework.user = 'no-such-user';
  at.master.command('task', 'true');
  at.master.run({ id: 'of-executor', executor: { executor_id: { value: 'e' }, command: { value: 'true' } } });
  for (const id of ['task', 'of-executor']) {
    const { status } = await at.master.until(id, 'TASK_FAILED');
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(status.message ?? '', /Cannot run as user 'no-such-user': no such user/);
  }
});

test('an agent that serves its owner only logs why it refuses the calls of an executor', otherUsers, async t => {
  const at = await bench(t);
  const lines: string[] = [];
  const log = createLogger({ program: 'test', stderr: { write: line => lines.push(line) } }, 'agent');
  const { flags } = parseFlags(agentFlags, agentArguments(at));
  const agent = await startAgent({ flags, log, owner: process.geteuid?.() ?? 0 });
  at.onEnd(() => agent.stop());
  await agent.registered;
  const command = { value: 'true', user: 'no-such-user' };
  at.master.run({ id: 'task', executor: { executor_id: { value: 'e' }, command } });
  await at.master.until('task', 'TASK_FAILED');
  const warnings = lines.filter(line => line.includes('The calls of an executor are refused'));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /executor_id"?[=:]"?e\b.*no-such-user/);
});

test('--executor_environment_variables are in place of the environment of the agent', async t => {
  const at = await bench(t);
  const given = JSON.stringify({ PATH: '/usr/bin:/bin', GIVEN: 'by flag', MESOS_SANDBOX: 'no', TOO: 'by flag' });
  const agent = await startTestAgent(at, `--executor_environment_variables=${given}`);
  at.onEnd(() => agent.stop());
  process.env.MESETA_TEST_OF_THE_AGENT = 'secret';
  t.after(() => delete process.env.MESETA_TEST_OF_THE_AGENT);
  const variables = [{ name: 'TOO', value: 'by the task' }];
  at.master.run({ id: 'task', command: { value: 'env', environment: { variables } } });
  await at.master.until('task', 'TASK_FINISHED');
  const lines = (await readFile(sandbox(at, 'task', 'stdout'), 'utf8')).split('\n');
  for (const line of ['PATH=/usr/bin:/bin', 'GIVEN=by flag', 'TOO=by the task']) assert.ok(lines.includes(line), line);
  assert.ok(!lines.includes('MESOS_SANDBOX=no'));
  assert.ok(!lines.some(line => line.startsWith('MESETA_TEST')));
});

const refused: [value: string, message: RegExp][] = [
  ['{"A":1}', /'A' is none/],
  ['["A"]', /executor_environment_variables/],
];
for (const [value, message] of refused) {
  test(`--executor_environment_variables=${value} is refused`, async t => {
    const at = await bench(t);
    await assert.rejects(startTestAgent(at, `--executor_environment_variables=${value}`), message);
  });
}
