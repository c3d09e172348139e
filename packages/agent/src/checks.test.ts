/** Health checks and checks of command tasks, with real processes. Their times and rules are tested where they are made. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CheckInfo, type HealthCheck, KillTaskMessage, ReregisterSlaveMessage } from '@meseta/protocol';
import { allPids } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { frameworkId } from './testing/scripted-master.ts';
import { bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const times = { delay_seconds: 0, interval_seconds: 0.05, timeout_seconds: 20 };
const check = (value: string): CheckInfo => ({ ...times, type: 'COMMAND', command: { command: { value } } });
const healthCheck = (value: string): HealthCheck => ({
  ...times,
  ...{ type: 'COMMAND', command: { value }, consecutive_failures: 2, grace_period_seconds: 0 },
});

/** A file of Apache Mesos's statuses, without what differs from run to run. */
async function recorded(name: string): Promise<ReturnType<typeof known>[]> {
  const statuses = JSON.parse(await readFile(new URL(`../fixtures/statuses/${name}.json`, import.meta.url), 'utf8'));
  return statuses.map(known);
}

// biome-ignore lint/suspicious/noExplicitAny: recordings are JSON
function known({ state, source, message, reason, healthy, check_status }: any) {
  return JSON.parse(JSON.stringify({ state, source, message, reason, healthy, check_status }));
}

/** Pids of processes with an argument. */
function processesWith(argument: string): number[] {
  return allPids().filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(argument);
    } catch {
      return false; // gone meanwhile
    }
  });
}

test('a task that stays unhealthy is killed, and told so in the words of Mesos, and why', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  at.master.command('task', 'sleep 600', { health_check: healthCheck('exit 1') });
  await at.master.until('task', 'TASK_KILLED');
  assert.deepEqual(
    at.master.statuses('task').map(({ status }) => known(status)),
    (await recorded('health-unhealthy')).map(status =>
      // Mesos does not say what was seen.
      status.reason === 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED'
        ? { ...status, message: 'Health check failed: Command exited with status 1' }
        : status,
    ),
  );
});

test('the result of a check is told, in the words of Mesos', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  at.master.command('task', 'while [ ! -e told ]; do sleep 0.02; done', { check: check('exit 4') });
  const seen = () => at.master.statuses('task').find(({ status }) => status.check_status?.command?.exit_code === 4);
  await eventually(() => 'the exit code', seen);
  const executor = [...agent.context.agent.executors()][0];
  await agent.context.disk.perform([{ type: 'touch', path: join(executor?.directory ?? '', 'told') }]);
  await at.master.until('task', 'TASK_FINISHED');
  assert.deepEqual(
    at.master.statuses('task').map(({ status }) => known(status)),
    await recorded('check'),
  );
});

test('a check runs as the task does, and writes to its stderr', async t => {
  const at = await bench(t);
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  const value = 'echo $MINE $OWN; echo mistake >&2; test "$PWD" = "$MESOS_SANDBOX" -a "$MINE" = 1';
  const variables = [{ name: 'OWN', value: '2' }];
  const command = { value: 'sleep 600', environment: { variables: [{ name: 'MINE', value: '1' }] } };
  const own = { ...check(''), command: { command: { value, environment: { variables } } } };
  at.master.run({ id: 'task', command, check: own });
  const seen = () => at.master.statuses('task').find(({ status }) => status.check_status?.command?.exit_code === 0);
  await eventually(() => 'success', seen);
  const [executor] = [...agent.context.agent.executors()];
  const stderr = () => readFile(join(executor?.directory ?? '', 'stderr'), 'utf8');
  await eventually(
    () => 'its output',
    async () => /^1 2\nmistake\n/.test(await stderr()),
  );
  assert.doesNotMatch(await readFile(join(executor?.directory ?? '', 'stdout'), 'utf8'), /1 2/);
});

test('checks that the next agent makes are reported when they find something else', async t => {
  const at = await bench(t);
  const { master } = at;
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  const checks = join(at.directory, 'checks');
  const value = `echo >> ${checks}; test ! -e ${checks}-fail`;
  master.command('task', 'sleep 600', { health_check: healthCheck(value), check: check(value) });
  const statuses = () => master.statuses('task').map(({ status }) => status);
  await eventually(
    () => 'a healthy task, and the result of its check',
    () => statuses().some(each => each.healthy) && statuses().some(each => each.check_status?.command?.exit_code === 0),
  );
  await kill(agent, 'SIGKILL');
  const made = readFileSync(checks, 'utf8').length;
  const known = statuses().length;
  agent = spawnAgent(at);
  await eventually(
    () => 'more checks',
    () => readFileSync(checks, 'utf8').length > made + 4,
  );
  await master.untilReceived(ReregisterSlaveMessage);
  writeFileSync(`${checks}-fail`, '');
  await master.until('task', 'TASK_KILLED');
  const more = master.statuses('task').slice(known);
  assert.ok(!more.some(({ status: { reason, healthy } }) => /HEALTH/.test(reason ?? '') && healthy), 'healthy again');
});

test('a check ends with its task, or with the agent, and is made again by the next agent', async t => {
  const at = await bench(t);
  const { master } = at;
  const mark = `check-of-${process.pid}-${Date.now()}`;
  let agent = spawnAgent(at);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  // It leaves a descendant of another session behind and does not end.
  const value = `setsid sh -c 'sleep 600; :' ${mark} & sh -c 'sleep 600; :' ${mark}; :`;
  master.command('task', 'sleep 600', { check: check(value) });
  const running = (many: boolean) =>
    eventually(
      () => (many ? 'a check' : 'the end of the check'),
      () => (many ? processesWith(mark).length >= 2 : processesWith(mark).length === 0),
    );
  await running(true);
  const first = processesWith(mark);
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at);
  await master.untilReceived(ReregisterSlaveMessage);
  await eventually(
    () => 'the end of what the first agent checked',
    () => !processesWith(mark).some(pid => first.includes(pid)),
  );
  await running(true);
  await kill(agent, 'SIGINT'); // leaves the task
  await running(false);
  master.received.length = 0;
  agent = spawnAgent(at);
  await master.untilReceived(ReregisterSlaveMessage);
  await running(true);
  master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: 'task' } });
  await master.until('task', 'TASK_KILLED');
  await running(false);
});
