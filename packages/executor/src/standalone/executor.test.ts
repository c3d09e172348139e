import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { ExecutorProcess, processesWith, taskInfo, uniqueMark } from '../testing/executor-process.ts';

const ms = (count: number) => ({ grace_period: { nanoseconds: count * 1e6 } });

for (const { command, state, message } of [
  { command: 'exit 0', state: 'FINISHED', message: 'Command exited with status 0' },
  { command: 'exit 3', state: 'FAILED', message: 'Command exited with status 3' },
  { command: 'kill -SEGV $$', state: 'FAILED', message: 'Command terminated with signal Segmentation fault' },
]) {
  test(`a task that does '${command}'`, async context => {
    const executor = (await ExecutorProcess.make(context)).start();
    await executor.launch(command);
    assert.equal(await executor.ended(), 0);
    assert.deepEqual(executor.states, ['STARTING', 'RUNNING', state]);
    assert.equal(executor.lastMessage, message);
    const [status] = executor.agent.statuses;
    assert.equal(status?.source, 'SOURCE_EXECUTOR');
    assert.match(Buffer.from(status?.uuid ?? '', 'base64').toString('hex'), /^.{12}4.{3}[89ab].{15}$/);
    assert.ok(!Number.isInteger(executor.agent.statuses.reduce((sum, { timestamp = 0 }) => sum + (timestamp % 1), 0)));
  });
}

test('nothing is sent with a bad configuration, and all of it is named', async context => {
  const executor = (await ExecutorProcess.make(context)).start({
    MESOS_SANDBOX: '',
    ALLEGRO_EXECUTOR_HTTP_TIMEOUT: 'x',
  });
  assert.equal(await executor.ended(), 1);
  await executor.says(/did not set: MESOS_SANDBOX\n.*ALLEGRO_EXECUTOR_HTTP_TIMEOUT='x'/s);
  assert.deepEqual(executor.agent.calls, []);
});

test('environment: the own command wins; settings and secrets are not passed on; output is the own', async context => {
  const executor = (await ExecutorProcess.make(context)).start({
    MESETA_EXECUTOR_DEBUG: 'true',
    CONSUL_TOKEN: 'hush',
    A: '1',
    B: '1',
  });
  const environment = { variables: [{ name: 'B', value: '2' }] };
  await executor.launch('env > env; echo to-stdout', { command: { value: 'env > env; echo to-stdout', environment } });
  await executor.ended();
  const env = await executor.read('env');
  assert.match(env, /^A=1$/m);
  assert.match(env, /^B=2$/m);
  assert.match(env, /^MESOS_TASK_ID|MESOS_EXECUTOR_ID=e$/m);
  assert.doesNotMatch(env, /hush|MESETA_EXECUTOR/);
  await executor.says(/^to-stdout$/m);
});

test("settings in the executor's own command are not passed on, what else is there is", async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await eventually('the subscription', () => executor.agent.subscribed);
  const { command: _, ...task } = taskInfo('t', '');
  const variables = [
    { name: 'ALLEGRO_EXECUTOR_SENTRY_DSN', value: 'https://hush@example.org/1' },
    { name: 'VAAS_TOKEN', value: 'hush' },
    { name: 'MINE', value: '1' },
  ];
  const command = { value: 'x -- env > env', environment: { variables } };
  const launch = { task: { ...task, executor: { executor_id: { value: 'e' }, command } } };
  executor.agent.send({ type: 'LAUNCH', launch });
  assert.equal(await executor.ended(), 0);
  const env = await executor.read('env');
  assert.match(env, /^MINE=1$/m);
  assert.doesNotMatch(env, /hush/);
});

test('processes spared from SIGTERM, by names of any length and case, get SIGKILL', async context => {
  const name = 'a-program-with-a-long-name';
  const executor = await ExecutorProcess.make(context);
  await copyFile('/bin/sleep', `${executor.sandbox}/${name}`);
  executor.start({ MESETA_EXECUTOR_SIGTERM_EXCLUDE_PROCESSES: `other,${name.toUpperCase()}` });
  const mark = uniqueMark();
  await executor.launch(`trap 'echo term > term' TERM; sleep ${mark} & ./${name} ${mark}; echo ended > spared`);
  await eventually('both', () => processesWith(mark).length === 2);
  const kill = (grace: number) =>
    executor.agent.send({ type: 'KILL', kill: { task_id: { value: 't' }, kill_policy: ms(grace) } });
  kill(600_000);
  await eventually('SIGTERM', () => processesWith(mark).length === 1);
  kill(50);
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('spared'), '');
  assert.deepEqual(processesWith(mark), []);
});

test('any number of kills make one KILLED, a later one shortens the wait; the whole tree is gone', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  const mark = uniqueMark();
  const forever = `while :; do sleep ${mark}; done`;
  await executor.launch(`trap '' TERM; (setsid sh -c '(trap "" TERM; ${forever}) &' &); ${forever}`);
  await executor.state('RUNNING');
  await eventually('the tree', () => processesWith(mark).length === 2);
  for (const grace of [60_000, 50, 40_000]) {
    executor.agent.send({ type: 'KILL', kill: { task_id: { value: 't' }, kill_policy: ms(grace) } });
  }
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'KILLING', 'KILLED']);
  assert.deepEqual(processesWith(mark), []);
});

test('the grace ends when the tree is empty, not when its root is gone', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  const child = `trap 'echo child > ended; exit' TERM; echo up > up; while :; do sleep 0.01; done`;
  await executor.launch(`(setsid sh -c "${child}" &); sleep 10000`, { kill_policy: ms(60_000) });
  await executor.state('RUNNING');
  await eventually('the child', () => executor.read('up'));
  executor.agent.send({ type: 'KILL', kill: { task_id: { value: 't' } } });
  assert.equal(await executor.ended(), 0);
  assert.equal(await executor.read('ended'), 'child\n');
});

test('a kill for a task whose launch never came', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await eventually('the subscription', () => executor.agent.subscribed);
  executor.agent.send({ type: 'KILL', kill: { task_id: { value: 'lost' } } });
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['KILLED']);
  assert.equal(executor.agent.statuses[0]?.task_id.value, 'lost');
});

test('a second launch is rejected; SHUTDOWN kills', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await executor.launch('sleep 10000');
  await executor.state('RUNNING');
  executor.agent.send({ type: 'LAUNCH', launch: { task: taskInfo('second', 'true') } });
  await executor.state('ERROR');
  executor.agent.send({ type: 'SHUTDOWN' });
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'ERROR', 'KILLING', 'KILLED']);
});

test('a task group', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await eventually('the subscription', () => executor.agent.subscribed);
  const tasks = [taskInfo('one', 'sleep 10000'), taskInfo('two', 'while [ ! -e go ]; do sleep 0.01; done; exit 7')];
  executor.agent.send({ type: 'LAUNCH_GROUP', launch_group: { task_group: { tasks } } });
  await eventually('both', () => executor.states.filter(state => state === 'RUNNING').length === 2);
  executor.agent.send({ type: 'LAUNCH_GROUP', launch_group: { task_group: { tasks: [taskInfo('three', 'exit 0')] } } });
  await executor.state('FINISHED');
  await writeFile(`${executor.sandbox}/go`, '');
  assert.equal(await executor.ended(), 0);
  const last = new Map(executor.agent.statuses.map(({ task_id, state }) => [task_id.value, state]));
  assert.deepEqual([...last].sort(), [
    ['one', 'TASK_KILLED'],
    ['three', 'TASK_FINISHED'],
    ['two', 'TASK_FAILED'],
  ]);
});

test('no command is TASK_FAILED, and says what is understood', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await eventually('the subscription', () => executor.agent.subscribed);
  const { command: _, ...task } = taskInfo('t', '');
  executor.agent.send({ type: 'LAUNCH', launch: { task } });
  await executor.ended();
  assert.deepEqual(executor.states, ['STARTING', 'FAILED']);
  assert.match(executor.lastMessage ?? '', /'command'.*'<program> -- <command>'/);
});

const healthCheck = { type: 'COMMAND', delay_seconds: 0, interval_seconds: 0.05, timeout_seconds: 60 } as const;

test('unhealthy beyond the threshold', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  const health_check = {
    ...healthCheck,
    grace_period_seconds: 0,
    consecutive_failures: 2,
    command: { value: 'exit 3' },
  };
  await executor.launch('sleep 10000', { health_check });
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'RUNNING -', 'RUNNING -', 'KILLING', 'FAILED -']);
  assert.equal(executor.agent.statuses[2]?.message, 'Health check failed: Command exited with status 3');
  assert.equal(executor.agent.statuses[2]?.reason, 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED');
});

test('a health check that hangs is killed with its children; checks see the environment of the task', async context => {
  const executor = (await ExecutorProcess.make(context)).start({ CONSUL_TOKEN: 'hush' });
  const mark = uniqueMark();
  // Until one has passed, those that are too slow on a busy machine do not count.
  const value = `env > check-env; [ -e hang ] || exit 0; trap '' TERM; (setsid sleep ${mark} &); sleep ${mark}`;
  const health_check = {
    ...healthCheck,
    timeout_seconds: 0.2,
    command: { value },
    consecutive_failures: 1,
    grace_period_seconds: 600,
  };
  await executor.launch('sleep 10000', { health_check });
  await executor.state('RUNNING +');
  await writeFile(`${executor.sandbox}/hang`, '');
  await executor.ended();
  assert.deepEqual(executor.states.at(-1), 'FAILED -');
  assert.deepEqual(processesWith(mark), []);
  assert.match(await executor.read('check-env'), /MESOS_EXECUTOR_ID=e/);
  assert.doesNotMatch(await executor.read('check-env'), /hush/);
});

test('a check', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  const check = {
    type: 'COMMAND',
    delay_seconds: 0,
    interval_seconds: 0.05,
    command: { command: { value: 'exit 4' } },
  } as const;
  await executor.launch('while [ ! -e go ]; do sleep 0.01; done', { check });
  const seen = () => executor.agent.statuses.some(({ check_status }) => check_status?.command?.exit_code === 4);
  await eventually('the result', seen);
  await writeFile(`${executor.sandbox}/go`, '');
  await executor.ended();
  assert.deepEqual(
    executor.agent.statuses.map(({ state, check_status }) => [state, check_status]),
    [
      ['TASK_STARTING', { type: 'COMMAND', command: {} }],
      ['TASK_RUNNING', { type: 'COMMAND', command: {} }],
      ['TASK_RUNNING', { type: 'COMMAND', command: { exit_code: 4 } }],
      ['TASK_FINISHED', { type: 'COMMAND', command: {} }],
    ],
  );
});

test('max_completion_time', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await executor.launch('sleep 10000', { max_completion_time: { nanoseconds: 1e8 } });
  await executor.ended();
  assert.equal(executor.agent.statuses.at(-1)?.reason, 'REASON_MAX_COMPLETION_TIME_REACHED');
});

test('SIGTERM to the executor ends the task gracefully', async context => {
  const executor = (await ExecutorProcess.make(context)).start();
  await executor.launch(`trap 'echo bye > bye; exit' TERM; echo up > up; while :; do sleep 0.01; done`);
  await eventually('the task', () => executor.read('up'));
  executor.signal('SIGTERM');
  assert.equal(await executor.ended(), 0);
  assert.equal(executor.states.at(-1), 'KILLED');
  assert.equal(await executor.read('bye'), 'bye\n');
});
