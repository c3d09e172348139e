/** What executors say that lie, while others work: it changes nothing for anybody but their own tasks. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { executorTask, leaveOffers } from './support/executor-task.ts';
import { isTerminal, shellTask } from './support/framework.ts';
import { checkViews, peakMemory } from './support/hostile-scene.ts';

const megabyte = 1024 * 1024;

test('an executor that lies harms nobody else', async t => {
  const cluster = await Cluster.start(t);
  const { agent, master } = cluster;
  const other = await cluster.framework({ name: 'other' });
  await other.run(executorTask(other, 'victim', 'probe-executor.mjs'));
  await other.reaches('victim', 'TASK_RUNNING');
  const framework = await cluster.framework({ name: 'liar' });
  await eventually('an offer', async () => {
    await leaveOffers(other);
    return framework.offers.size > 0;
  });
  await framework.run(shellTask('sibling', 'exec sleep 1000'));
  await framework.reaches('sibling', 'TASK_RUNNING');
  await framework.run(executorTask(framework, 'liar', 'lying-executor.mjs', 'VICTIM=victim SIBLING=sibling'));

  const sandbox = path.join(cluster.directory, 'agent-1/slaves/*/frameworks/*/executors/liar/runs/*/stdout');
  const said = () => globSync(sandbox).map(file => readFileSync(file, 'utf8'))[0] ?? '';
  let served = 0;
  await eventually(
    () => `the end of its lies:\n${said()}`,
    async () => {
      const { ok } = await fetch(`${agent.origin}/health`);
      if (ok) served++;
      return said().endsWith('done\n');
    },
  );
  assert.ok(served > 0);
  t.diagnostic(said());
  assert.doesNotMatch(said(), /: 5\d\d/);
  await framework.reaches('liar', 'TASK_FINISHED');

  assert.deepEqual(other.statesOf('victim'), ['TASK_RUNNING']);
  assert.ok(!framework.statesOf('sibling').some(isTerminal));
  assert.deepEqual([...new Set(framework.updates.map(({ task_id }) => task_id.value))].sort(), ['liar', 'sibling']);
  assert.equal(framework.statesOf('liar').filter(isTerminal).length, 1);
  await framework.run(shellTask('after', 'exit 0'));
  await framework.reaches('after', 'TASK_FINISHED');
  await checkViews([agent, master]);
  for (const daemon of [agent, master]) {
    const peak = peakMemory(daemon.pid);
    assert.ok(peak < 700 * megabyte, `at most ${Math.round(peak / megabyte)} MiB`);
  }
  await other.call({ type: 'KILL', kill: { task_id: { value: 'victim' } } });
  await other.reaches('victim', 'TASK_KILLED'); // its executor was not disconnected
});
