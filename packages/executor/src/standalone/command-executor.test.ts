/** `mesos-executor`, as programs of external containerizers start it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ExecutorProcess } from '../testing/executor-process.ts';
import { commandExecutorPath } from './command-executor.ts';

test('it needs no more than the address of the agent and its ids', async context => {
  const executor = await ExecutorProcess.make(context);
  executor.run([commandExecutorPath], { MESOS_SLAVE_PID: `slave(1)@${executor.agent.endpoint}` });
  await executor.launch('pwd >where; exit 3');
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(executor.states, ['STARTING', 'RUNNING', 'FAILED']);
  assert.equal(executor.lastMessage, 'Command exited with status 3');
  assert.equal(await executor.read('where'), `${executor.sandbox}\n`);
});

test('--override runs a command in place of that of the task', async context => {
  const executor = await ExecutorProcess.make(context);
  const override = ['--override', 'sh', '-c', 'echo "$@" >said; exit 4', 'sh', '--override', 'observe', 'c'];
  executor.run([commandExecutorPath, ...override], { MESOS_SLAVE_PID: `slave(1)@${executor.agent.endpoint}` });
  await executor.launch('touch ran');
  await executor.ended();
  assert.equal(executor.lastMessage, 'Command exited with status 4');
  assert.equal(await executor.read('said'), '--override observe c\n');
  assert.ok(!existsSync(join(executor.sandbox, 'ran')));
});
