/** What executors on the v0 driver protocol say that lie, while others work: it changes nothing for anybody else. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { executorTask, leaveOffers } from './support/executor-task.ts';
import { isTerminal, shellTask } from './support/framework.ts';
import { checkViews, peakMemory, surprises } from './support/hostile-scene.ts';

const megabyte = 1024 * 1024;

test('a driver that lies harms nobody else', async t => {
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
  const victim = `VICTIM=${other.info.id?.value},victim,victim`;
  await framework.run(executorTask(framework, 'liar', 'lying-driver.ts', victim));

  const sandbox = path.join(cluster.directory, 'agent-1/slaves/*/frameworks/*/executors/liar/runs/latest/std*');
  const said = () =>
    globSync(sandbox)
      .map(file => readFileSync(file, 'utf8'))
      .join('\n');
  await eventually(
    () => `the end of its lies:\n${said()}`,
    async () => {
      assert.equal((await fetch(`${agent.origin}/health`)).status, 200);
      return said().includes('done\n');
    },
  );
  await framework.reaches('liar', 'TASK_FINISHED');

  assert.deepEqual(other.statesOf('victim'), ['TASK_RUNNING']);
  assert.deepEqual([...new Set(framework.updates.map(({ task_id }) => task_id.value))], ['liar']);
  assert.equal(framework.statesOf('liar').filter(isTerminal).length, 1);
  const messages = other.events.filter(({ type }) => type === 'MESSAGE');
  assert.deepEqual(messages, []);
  assert.match(agent.log, /Dropped a message that cannot be read .*StatusUpdateMessage/);
  assert.equal(agent.log.match(/egistered with the master/g)?.length, 1);
  await framework.run(shellTask('after', 'exit 0'));
  await framework.reaches('after', 'TASK_FINISHED');
  await checkViews([agent, master]);
  for (const daemon of [agent, master]) {
    assert.deepEqual(surprises(daemon), []);
    const peak = peakMemory(daemon.pid);
    assert.ok(peak < 700 * megabyte, `at most ${Math.round(peak / megabyte)} MiB`);
  }
  await other.call({ type: 'KILL', kill: { task_id: { value: 'victim' } } });
  await other.reaches('victim', 'TASK_KILLED'); // its executor was not disconnected
});
