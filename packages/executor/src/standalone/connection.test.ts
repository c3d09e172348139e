/** The executor towards an agent that does not do its part. */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { makeCertificate } from '@meseta/tasks/testing';
import { ExecutorProcess, processesWith, uniqueMark } from '../testing/executor-process.ts';

const checkpointing = {
  MESOS_CHECKPOINT: '1',
  MESOS_RECOVERY_TIMEOUT: '30secs',
  MESOS_SUBSCRIPTION_BACKOFF_MAX: '1secs',
};

test('SUBSCRIBE is tried again: refused, broken off', async context => {
  const executor = await ExecutorProcess.make(context);
  executor.agent.refusals.push(503, 'break');
  executor.start({ ...checkpointing, MESOS_EXECUTOR_AUTHENTICATION_TOKEN: 'hush' });
  await executor.launch('exit 0');
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'FINISHED']);
  assert.equal(executor.agent.calls[0]?.type, 'SUBSCRIBE');
  assert.deepEqual(new Set(executor.agent.authorization), new Set(['Bearer hush']));
  assert.doesNotMatch(executor.output, /hush/);
});

test('updates that are refused are sent again, in order', async context => {
  const executor = (await ExecutorProcess.make(context)).start(checkpointing);
  await eventually('the subscription', () => executor.agent.subscribed);
  executor.agent.refusals.push(500, 'break', 429);
  await executor.launch('exit 0');
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'FINISHED']);
});

test('what was not acknowledged comes again with the next SUBSCRIBE, updates and tasks', async context => {
  const executor = (await ExecutorProcess.make(context)).start(checkpointing);
  executor.agent.acknowledges = false;
  await executor.launch('while [ ! -e go ]; do sleep 0.01; done');
  await executor.state('RUNNING');
  executor.agent.disconnect();
  executor.agent.acknowledges = true;
  await eventually('the second SUBSCRIBE', () => executor.agent.subscribed);
  const { subscribe } = executor.agent.calls.findLast(({ type }) => type === 'SUBSCRIBE') ?? {};
  assert.deepEqual(
    subscribe?.unacknowledged_updates?.map(({ status }) => status.state),
    ['TASK_STARTING', 'TASK_RUNNING'],
  );
  assert.deepEqual(
    subscribe?.unacknowledged_tasks?.map(({ task_id }) => task_id.value),
    ['t'],
  );
  await writeFile(`${executor.sandbox}/go`, '');
  assert.equal(await executor.ended(), 0);
  const updates = executor.agent.calls.filter(({ type }) => type === 'UPDATE');
  assert.deepEqual(
    updates.map(({ update }) => update?.status.state),
    ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'],
  );
});

test('an agent that falls silent is given up: the executor subscribes anew', async context => {
  const executor = (await ExecutorProcess.make(context)).start(checkpointing);
  await executor.launch('sleep 10000');
  await executor.state('RUNNING');
  executor.agent.send({ type: 'HEARTBEAT' }); // from here on they are missed
  const subscriptions = () => executor.agent.calls.filter(({ type }) => type === 'SUBSCRIBE').length;
  await eventually('the second subscription', () => subscriptions() >= 2);
  await eventually('why', () => /missed several heartbeats/.test(executor.output));
  executor.agent.send({ type: 'SHUTDOWN' });
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'KILLING', 'KILLED']);
});

test('a task that ends while the agent is away: its end is kept until it is back', async context => {
  const executor = (await ExecutorProcess.make(context)).start({
    ...checkpointing,
    MESETA_EXECUTOR_STATE_UPDATE_WAIT_TIMEOUT: '100ms',
  });
  await executor.launch('while [ ! -e go ]; do sleep 0.01; done');
  await executor.state('RUNNING');
  const { endpoint } = executor.agent;
  await executor.agent.close();
  await writeFile(`${executor.sandbox}/go`, '');
  await eventually('its end', () => executor.output.includes('TASK_FINISHED'));
  const tries = () => executor.output.split('Cannot subscribe').length;
  const before = tries();
  await eventually('another try', () => tries() > before);
  await executor.agent.listen(Number(endpoint.split(':')[1]));
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'FINISHED']);
});

test('an agent that never acknowledges is not waited for forever', async context => {
  const executor = (await ExecutorProcess.make(context)).start({ MESETA_EXECUTOR_STATE_UPDATE_WAIT_TIMEOUT: '100ms' });
  executor.agent.acknowledges = false;
  await executor.launch('exit 0');
  assert.equal(await executor.ended(), 0);
  await executor.says(/did not acknowledge/);
});

test('an agent that stays away: the task is stopped gracefully, hooks included', async context => {
  const executor = await ExecutorProcess.make(context);
  executor.start({
    MESETA_EXECUTOR_EXEC_HOOK_COMMAND: 'echo $1 >> events',
    MESETA_EXECUTOR_STATE_UPDATE_WAIT_TIMEOUT: '100ms',
  });
  const mark = uniqueMark();
  await executor.launch(`trap 'echo bye > bye; exit' TERM; sleep ${mark} & echo up > up; wait`);
  await eventually('the task', () => executor.read('up'));
  await executor.agent.close();
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('bye'), 'bye\n');
  assert.match(await executor.read('events'), /BeforeTerminate\n$/);
  assert.deepEqual(processesWith(mark), []);
});

test('an agent that never answers: exit 1', async context => {
  const executor = await ExecutorProcess.make(context);
  await executor.agent.close();
  executor.start();
  assert.equal(await executor.ended(), 1);
});

async function secureAgent(context: TestContext, names: string) {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-agent-'));
  context.after(() => rm(directory, { recursive: true }));
  const certificate = makeCertificate(directory, names);
  return { executor: await ExecutorProcess.make(context, certificate), certificate };
}

const trusted: { name: string; names: string; variables: (certPath: string) => Record<string, string> }[] = [
  { name: 'not verified unless asked for', names: 'DNS:elsewhere', variables: () => ({}) },
  {
    name: 'verified by address',
    names: 'IP:127.0.0.1',
    variables: path => ({ LIBPROCESS_SSL_VERIFY_CERT: 'true', LIBPROCESS_SSL_CA_FILE: path }),
  },
  {
    name: "verified by the address's name, with a directory of authorities",
    names: 'DNS:localhost',
    variables: path => ({ LIBPROCESS_SSL_VERIFY_SERVER_CERT: 'true', LIBPROCESS_SSL_CA_DIR: dirname(path) }),
  },
];
for (const { name, names, variables } of trusted) {
  test(`HTTPS to the agent: ${name}`, async context => {
    const { executor, certificate } = await secureAgent(context, names);
    executor.start({ LIBPROCESS_SSL_ENABLED: '1', ...variables(certificate.certPath) });
    await executor.launch('exit 0');
    assert.equal(await executor.ended(), 0);
    assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'FINISHED']);
  });
}

for (const { name, names, trusts } of [
  { name: 'for another name', names: 'DNS:elsewhere', trusts: true },
  { name: 'of an unknown authority', names: 'DNS:localhost', trusts: false },
]) {
  test(`HTTPS to the agent: a certificate ${name} is refused`, async context => {
    const { executor, certificate } = await secureAgent(context, names);
    executor.start({
      ...{ LIBPROCESS_SSL_ENABLED: 'true', LIBPROCESS_SSL_VERIFY_CERT: 'true' },
      ...(trusts && { LIBPROCESS_SSL_CA_FILE: certificate.certPath }),
    });
    assert.equal(await executor.ended(), 1);
    await executor.says(/Cannot subscribe error="?(Hostname\/IP does not match|self-signed certificate)/);
    assert.deepEqual(executor.agent.calls, []);
  });
}

const subscriptions = ({ agent }: ExecutorProcess) => agent.calls.filter(({ type }) => type === 'SUBSCRIBE').length;

test('an agent that says ERROR: the executor subscribes again, with its task', async context => {
  const executor = (await ExecutorProcess.make(context)).start(checkpointing);
  await executor.launch('while [ ! -e go ]; do sleep 0.01; done; exit 3');
  await executor.state('RUNNING');
  executor.agent.rejects = true;
  executor.agent.send({ type: 'ERROR', error: { message: 'the agent forgot this executor' } });
  await eventually('two more tries', () => subscriptions(executor) >= 3);
  executor.agent.rejects = false;
  executor.agent.disconnect();
  await eventually('one more try', () => subscriptions(executor) >= 4);
  await writeFile(`${executor.sandbox}/go`, '');
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'FAILED']);
  await executor.says(/refused the subscription, subscribing again.*the agent forgot this executor/);
});

test('an agent that says nothing but ERROR: the task is stopped gracefully in the end, exit 1', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await executor.launch("trap 'echo bye > bye; exit' TERM; echo up > up; while :; do sleep 0.01; done");
  await eventually('the task', () => executor.read('up'));
  executor.agent.rejects = true;
  executor.agent.send({ type: 'ERROR', error: { message: 'no' } });
  assert.equal(await executor.ended(), 1);
  assert.equal(await executor.read('bye'), 'bye\n');
  assert.ok(subscriptions(executor) >= 2);
});
