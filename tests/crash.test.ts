/**
 * Kills -9 while tasks are launched, run, end and are acknowledged, at moments by chance; whatever the victim, no update
 * is lost, no task runs twice, nothing is left. `CRASH_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './support/cluster.ts';
import { kill, processesOf } from './support/processes.ts';
import { Random } from './support/random.ts';
import { Workload } from './support/workload.ts';

const seed = Number(process.env.CRASH_SEED ?? 1);

interface Scene {
  readonly cluster: Cluster;
  readonly workload: Workload;
  readonly random: Random;
}

/** Kills one of what the cluster's processes include; does nothing when there is none. */
function killOne({ cluster, random }: Scene, command: RegExp): void {
  const found = processesOf(cluster.directory).filter(each => command.test(each.command));
  if (found.length > 0) kill(random.pick(found).pid);
}

const crashes: Record<string, (scene: Scene) => Promise<void> | void> = {
  master: async ({ cluster }) => {
    await cluster.master.kill();
    await cluster.master.start();
  },
  agent: async ({ cluster }) => {
    await cluster.agent.kill();
    await cluster.agent.start();
  },
  framework: ({ workload }) => workload.framework.disconnect(),
  spawner: scene => killOne(scene, /^meseta-spawner/),
  shim: scene => killOne(scene, /^meseta-shim/),
};

interface Case {
  readonly victims: readonly (keyof typeof crashes)[];
  readonly rounds: number;
}

const cases: Case[] = [
  { victims: ['master'], rounds: 8 },
  { victims: ['agent'], rounds: 8 },
  { victims: ['framework'], rounds: 15 },
  { victims: ['spawner'], rounds: 10 },
  { victims: ['shim'], rounds: 15 },
  { victims: ['master', 'agent', 'framework', 'spawner', 'shim'], rounds: 16 },
];

for (const { victims, rounds } of cases) {
  test(`${rounds} kills of ${victims.join(', ')}`, async t => {
    t.diagnostic(`seed ${seed}`);
    const random = new Random(seed);
    const cluster = await Cluster.start(t);
    const agentId = await cluster.registered(cluster.agent);
    const workload = new Workload(cluster, random);
    t.after(() => workload.stop());
    await workload.start();
    for (let round = 0; round < rounds; round++) {
      await new Promise(resolve => setTimeout(resolve, random.below(600)));
      await crashes[random.pick(victims)]?.({ cluster, workload, random });
    }
    await workload.finish();
    await workload.check({ interfered: victims.includes('shim') });
    assert.equal(await cluster.registered(cluster.agent), agentId);
    assert.equal((await cluster.slaves()).length, 1);
    t.diagnostic(`${workload.launched} tasks`);
  });
}
