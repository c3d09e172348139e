/** What executors on the v0 driver protocol say that lie, while others work: it changes nothing for anybody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorTask } from './support/executor-task.ts';
import { surprises } from './support/hostile-scene.ts';
import { checkUnharmed, startLyingScene, untilDone } from './support/lying-scene.ts';

test('a driver that lies harms nobody else', async t => {
  const scene = await startLyingScene(t);
  const { cluster, other, framework } = scene;
  const { agent, master } = cluster;
  const victim = `VICTIM=${other.info.id?.value},victim,victim`;
  await framework.run(executorTask(framework, 'liar', 'lying-driver.ts', victim));
  await untilDone(scene);

  assert.deepEqual([...new Set(framework.updates.map(({ task_id }) => task_id.value))], ['liar']);
  const messages = other.events.filter(({ type }) => type === 'MESSAGE');
  assert.deepEqual(messages, []);
  assert.match(agent.log, /Dropped a message that cannot be read .*StatusUpdateMessage/);
  assert.equal(agent.log.match(/egistered with the master/g)?.length, 1);
  for (const daemon of [agent, master]) assert.deepEqual(surprises(daemon), []);
  await checkUnharmed(scene);
});
