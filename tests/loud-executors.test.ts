/** What executors say that say too much: only they wait for it. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { executorTask, leaveOffers } from './support/executor-task.ts';
import { isTerminal, shellTask } from './support/framework.ts';
import { peakMemory } from './support/hostile-scene.ts';

const megabyte = 1024 * 1024;

test('an executor that sends more than the master reads waits by itself', async t => {
  const cluster = await Cluster.start(t);
  const { agent, master } = cluster;
  const framework = await cluster.framework({ name: 'loud' });
  framework.acknowledges = ({ data }) => data === undefined;
  await framework.run(executorTask(framework, 'loud', 'loud-executor.mjs'));
  await framework.reaches('loud', 'TASK_RUNNING');
  const other = await cluster.framework({ name: 'other' });
  await eventually('an offer', async () => {
    await leaveOffers(framework);
    return other.offers.size > 0;
  });
  await other.run(shellTask('before', 'exec sleep 1000'));
  await other.reaches('before', 'TASK_RUNNING');

  const [sandbox = ''] = globSync(
    path.join(cluster.directory, 'agent-1/slaves/*/frameworks/*/executors/loud/runs/latest'),
  );
  const said = () => readFileSync(path.join(sandbox, 'stdout'), 'utf8');
  const answers = (to: string) =>
    said()
      .split('\n')
      .filter(line => line.startsWith(`${to}: `))
      .map(line => line.slice(to.length + 2));
  await master.kill('SIGSTOP');
  try {
    writeFileSync(path.join(sandbox, 'go'), '');
    await eventually(
      () => `an end of what it says while the master reads nothing:\n${said()}`,
      () => answers('message').length >= 12 && answers('update').length === 12,
    );
    assert.equal((await fetch(`${agent.origin}/health`)).status, 200);
  } finally {
    await master.kill('SIGCONT');
  }
  await eventually(
    () => `the answers to the rest:\n${said()}`,
    () => said().endsWith('done\n'),
  );
  assert.deepEqual([...new Set(answers('message'))].sort(), [
    '202 ',
    "503 Dropped a message of executor 'loud': 16 MiB of its messages may wait for the master, which reads slowly",
  ]);
  assert.deepEqual([...new Set(answers('update'))].sort(), [
    '202 ',
    "503 Dropped a status update of executor 'loud': 32 MiB of its updates may wait until its framework acknowledges them",
  ]);
  assert.deepEqual(answers('end'), ['202 ']);

  // The agent's connection did not break, and nobody else's task noticed anything.
  await other.run(shellTask('after', 'exit 0'));
  await other.reaches('after', 'TASK_FINISHED');
  assert.equal(agent.log.match(/egistered with the master/g)?.length, 1);
  assert.ok(!other.statusesOf('before').some(({ state }) => isTerminal(state)));
  for (const daemon of [agent, master]) {
    const peak = peakMemory(daemon.pid);
    assert.ok(peak < 700 * megabyte, `at most ${Math.round(peak / megabyte)} MiB`);
  }

  // What was taken in arrives, the end of the task with it.
  framework.acknowledges = () => true;
  const { agent_id, uuid = '' } = await eventually('the first large update', () =>
    framework.updates.find(({ data }) => data !== undefined),
  );
  assert.ok(agent_id);
  await framework.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id: { value: 'loud' }, uuid } });
  await framework.reaches('loud', 'TASK_FINISHED');
});
