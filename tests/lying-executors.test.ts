/** What executors say that lie, while others work: it changes nothing for anybody but their own tasks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorTask } from './support/executor-task.ts';
import { isTerminal, shellTask } from './support/framework.ts';
import { checkUnharmed, startLyingScene, untilDone } from './support/lying-scene.ts';

test('an executor that lies harms nobody else', async t => {
  const scene = await startLyingScene(t);
  const { framework, said } = scene;
  await framework.run(shellTask('sibling', 'exec sleep 1000'));
  await framework.reaches('sibling', 'TASK_RUNNING');
  await framework.run(executorTask(framework, 'liar', 'lying-executor.mjs', 'VICTIM=victim SIBLING=sibling'));
  await untilDone(scene);

  t.diagnostic(said());
  assert.doesNotMatch(said(), /: 5\d\d/);
  assert.ok(!framework.statesOf('sibling').some(isTerminal));
  assert.deepEqual([...new Set(framework.updates.map(({ task_id }) => task_id.value))].sort(), ['liar', 'sibling']);
  await checkUnharmed(scene);
});
