/** Executors that lie, beside one of another framework that works, and what is true when they are done. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './cluster.ts';
import { executorTask, leaveOffers } from './executor-task.ts';
import { type Framework, isTerminal, shellTask } from './framework.ts';
import { checkViews, peakMemory } from './hostile-scene.ts';

const megabyte = 1024 * 1024;

/** The cluster, and both frameworks: the task and executor `victim` of `other` run. */
export interface LyingScene {
  readonly cluster: Cluster;
  readonly other: Framework;
  readonly framework: Framework;
  /** What the executor `liar` has written. */
  readonly said: () => string;
}

/** Starts the scene. The framework of the liar has an offer. */
export async function startLyingScene(t: TestContext): Promise<LyingScene> {
  const cluster = await Cluster.start(t);
  const other = await cluster.framework({ name: 'other' });
  await other.run(executorTask(other, 'victim', 'probe-executor.mjs'));
  await other.reaches('victim', 'TASK_RUNNING');
  const framework = await cluster.framework({ name: 'liar' });
  await eventually('an offer', async () => {
    await leaveOffers(other);
    return framework.offers.size > 0;
  });
  const files = path.join(cluster.directory, 'agent-1/slaves/*/frameworks/*/executors/liar/runs/latest/std*');
  const said = () =>
    globSync(files)
      .map(file => readFileSync(file, 'utf8'))
      .join('\n');
  return { cluster, other, framework, said };
}

/** Waits until the liar is done; its agent answers meanwhile. */
export async function untilDone({ cluster, framework, said }: LyingScene): Promise<void> {
  await eventually(
    () => `the end of its lies:\n${said()}`,
    async () => {
      assert.equal((await fetch(`${cluster.agent.origin}/health`)).status, 200);
      return said().includes('done\n');
    },
  );
  await framework.reaches('liar', 'TASK_FINISHED');
}

/** Checks that the other framework was told nothing, both daemons work, and the victim is still connected. */
export async function checkUnharmed({ cluster, other, framework }: LyingScene): Promise<void> {
  const { agent, master } = cluster;
  assert.deepEqual(other.statesOf('victim'), ['TASK_RUNNING']);
  assert.equal(framework.statesOf('liar').filter(isTerminal).length, 1);
  await framework.run(shellTask('after', 'exit 0'));
  await framework.reaches('after', 'TASK_FINISHED');
  await checkViews([agent, master]);
  for (const daemon of [agent, master]) {
    const peak = peakMemory(daemon.pid);
    assert.ok(peak < 700 * megabyte, `at most ${Math.round(peak / megabyte)} MiB`);
  }
  await other.call({ type: 'KILL', kill: { task_id: { value: 'victim' } } });
  await other.reaches('victim', 'TASK_KILLED');
}
