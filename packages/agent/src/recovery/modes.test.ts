/** What the flags of recovery change, with real processes. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { HttpClient } from '@meseta/process';
import { RecordDecoder, RegisterSlaveMessage, ReregisterSlaveMessage } from '@meseta/protocol';
import { isAlive, readProcess } from '@meseta/system';
import { eventually, FakeClock } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import { agentId, frameworkId } from '../testing/scripted-master.ts';
import { agentArguments, type Bench, bench, startTestAgent } from '../testing/test-agent.ts';

const damage = Buffer.from([2, 0, 0, 0, 255, 255]);
const ids = { framework_id: { value: frameworkId }, executor_id: { value: 'custom' } };

const meta = ({ directory }: Bench, ...path: string[]) => join(directory, 'work/meta/slaves', agentId, ...path);
const runOf = (at: Bench, executor: string, ...path: string[]) =>
  meta(at, 'frameworks', frameworkId, 'executors', executor, 'runs/latest', ...path);

/** An agent that has come and gone; command tasks of these ids run on. @returns their pids. */
async function leaveTasks(at: Bench, ...tasks: string[]): Promise<number[]> {
  const agent = await startTestAgent(at);
  for (const id of tasks) at.master.command(id, 'exec sleep 600');
  const updates = await Promise.all(tasks.map(id => at.master.until(id, 'TASK_RUNNING')));
  await agent.stop();
  at.master.received.length = 0;
  return updates.map(({ status }) => status.container_status?.executor_pid ?? 0);
}

async function gone(pid: number): Promise<void> {
  await eventually(
    () => `the end of process ${pid}`,
    () => {
      const found = readProcess(pid);
      return !found || !isAlive(found);
    },
  );
}

test('--recover=cleanup ends what runs, then itself, and the next agent is a new one', async t => {
  const at = await bench(t);
  const pids = await leaveTasks(at, 'one', 'two');
  const { flags } = parseFlags(agentFlags, agentArguments(at, ['--recover=cleanup']));
  const cleaner = await startAgent({ flags, log: silentLogger() });
  assert.equal(await cleaner.ended, undefined);
  for (const pid of pids) await gone(pid);
  assert.ok(!existsSync(join(at.directory, 'work/meta/slaves/latest')));
  assert.deepEqual(at.master.received, [], 'the master is left alone');
  const next = await startTestAgent(at);
  at.onEnd(() => next.stop());
  await at.master.untilReceived(RegisterSlaveMessage);
});

test('--no-strict --recover=cleanup ends also what cannot be read', async t => {
  const at = await bench(t);
  const pids = await leaveTasks(at, 'good', 'bad');
  await writeFile(runOf(at, 'bad', '../../executor.info'), damage);
  const { flags } = parseFlags(agentFlags, agentArguments(at, ['--recover=cleanup', '--no-strict']));
  const cleaner = await startAgent({ flags, log: silentLogger() });
  assert.equal(await cleaner.ended, undefined);
  // What has ended may still wait for its parent to notice.
  for (const pid of pids) assert.equal(readProcess(pid)?.state ?? 'Z', 'Z', 'they have ended before the agent');
  assert.ok(!existsSync(join(at.directory, 'work/meta/slaves/latest')));
});

test('after a reboot, an agent that changed is a new one, also when it ends before it has registered; one that did not keeps its id', async t => {
  const at = await bench(t);
  const [pid = 0] = await leaveTasks(at, 'task');
  const bootId = join(at.directory, 'work/meta/boot_id');
  const otherBoot = '00000000-0000-4000-8000-000000000000';
  await writeFile(bootId, otherBoot);
  const same = await startTestAgent(at);
  const { agent: info } = await at.master.untilReceived(ReregisterSlaveMessage);
  assert.equal(info.id?.value, agentId);
  await same.stop();
  assert.notEqual(await readFile(bootId, 'utf8'), otherBoot);

  const more = '--resources=cpus:8;mem:4096;disk:4096;ports:[31000-31100]';
  await writeFile(bootId, otherBoot.slice(1));
  await assert.rejects(startTestAgent(at, more), { code: 'RECOVERY_FAILED' }, 'that is no id of a boot');
  await writeFile(bootId, otherBoot);
  at.master.received.length = 0;
  at.master.registers = false;
  const { flags } = parseFlags(agentFlags, agentArguments(at, [more]));
  const interrupted = await startAgent({ flags, log: silentLogger() });
  await interrupted.stop();
  await gone(pid);
  at.master.registers = true;
  const changed = await startTestAgent(at, more);
  at.onEnd(() => changed.shutdown());
  assert.equal((await at.master.untilReceived(RegisterSlaveMessage)).agent.id, undefined);
});

const damages: { name: string; path: (at: Bench) => string; tasks: string[] }[] = [
  { name: 'a task', path: at => runOf(at, 'bad', 'tasks/bad/task.info'), tasks: ['good'] },
  { name: 'an executor', path: at => runOf(at, 'bad', '../../executor.info'), tasks: ['good'] },
  { name: "a task's updates", path: at => runOf(at, 'bad', 'tasks/bad/task.updates'), tasks: ['bad', 'good'] },
  { name: 'a framework', path: at => meta(at, 'frameworks', frameworkId, 'framework.info'), tasks: [] },
];
for (const { name, path, tasks } of damages) {
  test(`damage of ${name} ends the recovery, or is skipped with --no-strict`, async t => {
    const at = await bench(t);
    const pids = await leaveTasks(at, 'good', 'bad');
    await writeFile(path(at), damage);
    await assert.rejects(startTestAgent(at), (error: Error & { code: string }) => {
      assert.equal(error.code, 'RECOVERY_FAILED');
      assert.match(error.message, /--no-strict .*--recover=cleanup/);
      assert.ok(
        error.message.includes(
          path(at)
            .replace(/^.*\/runs\/latest\//, '')
            .replace(/^.*\.\.\//, ''),
        ),
      );
      return true;
    });
    for (const pid of pids) assert.ok(readProcess(pid), 'nothing was touched');
    const agent = await startTestAgent(at, '--no-strict');
    at.onEnd(() => agent.shutdown());
    const { tasks: found = [] } = await at.master.untilReceived(ReregisterSlaveMessage);
    assert.deepEqual(found.map(({ task_id }) => task_id.value).sort(), tasks);
    assert.equal(agent.context.metrics.counter('slave/recovery_errors').value, 1);
    for (const [index, pid] of pids.entries()) {
      const kept = tasks.includes(index === 0 ? 'good' : 'bad');
      if (kept) assert.ok(readProcess(pid));
      else await gone(pid);
    }
  });
}

test('an agent that is not what it was is refused, unless it grew and may', async t => {
  const at = await bench(t);
  await leaveTasks(at, 'task');
  const more = '--resources=cpus:8;mem:4096;disk:4096;ports:[31000-31100]';
  await assert.rejects(startTestAgent(at, more), {
    code: 'RECOVERY_FAILED',
    message: /^This is not the agent that ran in '.*' before: resources were .* --reconfiguration_policy=additive/,
  });
  await assert.rejects(startTestAgent(at, '--resources=cpus:1', '--reconfiguration_policy=additive'), {
    message: /\(missing: cpus:3\)\. Start it as it was, or end/,
  });
  const agent = await startTestAgent(at, more, '--reconfiguration_policy=additive');
  const { agent: info, tasks } = await at.master.untilReceived(ReregisterSlaveMessage);
  assert.equal(info.id?.value, agentId);
  assert.equal(tasks?.length, 1);
  assert.equal(info.resources?.find(({ name }) => name === 'cpus')?.scalar?.value, 8);
  await agent.stop();
  at.master.received.length = 0;
  // It is what it was: as the master knows it now.
  const again = await startTestAgent(at, more);
  at.onEnd(() => again.shutdown());
  assert.equal((await at.master.untilReceived(ReregisterSlaveMessage)).agent.id?.value, agentId);
});

test('an executor that does not come back in time is ended, and its tasks are told so', async t => {
  const at = await bench(t);
  const { master } = at;
  const { pid } = await customExecutor(t, at);
  const agent = await startTestAgent(at, '--executor_reregistration_timeout=100ms');
  at.onEnd(() => agent.shutdown());
  const { status } = await master.until('task', 'TASK_GONE');
  assert.equal(status.reason, 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT');
  assert.equal(status.message, 'Executor did not reregister within 100ms');
  await gone(pid);
});

test('where no executor can come back, none is waited for', async t => {
  const at = await bench(t);
  await leaveTasks(at, 'task');
  const { pid } = await customExecutor(t, at, 'custom-task');
  process.kill(pid, 'SIGKILL');
  await gone(pid);
  const { flags } = parseFlags(agentFlags, agentArguments(at, ['--executor_reregistration_timeout=15secs']));
  const stopped = await startAgent({ flags, log: at.log, clock: new FakeClock() }); // in whose recovery no time passes
  await stopped.stop();
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  assert.equal((await at.master.until('custom-task', 'TASK_FAILED')).status.reason, 'REASON_EXECUTOR_TERMINATED');
});

test('v0 executors are asked again and again to come back', async t => {
  const at = await bench(t);
  const first = await startTestAgent(at);
  const program = new URL('../testing/driver-executor.ts', import.meta.url).pathname;
  const variables = [{ name: 'IGNORED_RECONNECTS', value: '2' }];
  const value = `exec ${process.execPath} --disable-warning=ExperimentalWarning ${program}`;
  at.master.run({ id: 'task', executor: { ...ids, command: { value, environment: { variables } } } });
  await at.master.until('task', 'TASK_RUNNING');
  await first.stop();
  at.master.received.length = 0;
  const agent = await startTestAgent(
    at,
    '--executor_reregistration_timeout=15secs',
    '--executor_reregistration_retry_interval=20ms',
  );
  at.onEnd(() => agent.shutdown());
  const { tasks = [] } = await at.master.untilReceived(ReregisterSlaveMessage);
  assert.deepEqual(
    tasks.map(({ task_id, state }) => [task_id.value, state]),
    [['task', 'TASK_RUNNING']],
  );
  const [executor] = [...agent.context.agent.executors()];
  assert.ok(executor?.connection);
});

/** An executor with a task, of an agent that has gone. Its process sleeps, the test spoke for it. */
async function customExecutor(t: TestContext, at: Bench, task = 'task'): Promise<{ readonly pid: number }> {
  const agent = await startTestAgent(at);
  at.master.run({ id: task, executor: { ...ids, command: { value: 'exec sleep 600' } } });
  const executor = await eventually(
    () => 'the launch of the executor',
    () => [...agent.context.agent.executors()].find(({ id, pid }) => id === 'custom' && pid !== undefined),
  );
  const client = new HttpClient(`http://127.0.0.1:${agent.port}`);
  const { body } = await client.request('POST', '/slave(1)/api/v1/executor', {
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ ...ids, type: 'SUBSCRIBE', subscribe: {} }),
  });
  const decoder = new RecordDecoder();
  const pieces = body[Symbol.asyncIterator]();
  for (let launched = false; !launched; ) {
    const { value } = await pieces.next();
    launched = decoder.push(value).some(record => JSON.parse(record.toString()).type === 'LAUNCH');
  }
  t.after(() => pieces.return?.());
  await agent.stop();
  return { pid: executor.pid ?? 0 };
}
