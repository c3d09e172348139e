/**
 * Kills -9 while tasks are launched, run, end and are acknowledged, at moments by chance; whatever the victim, no update
 * is lost, no task runs twice, nothing is left. `CRASH_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '@meseta/system/testing';
import { CgroupsRoot } from './support/cgroups.ts';
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
  init: scene => killOne(scene, /^meseta-init/),
};

interface Case {
  readonly victims: readonly (keyof typeof crashes)[];
  readonly rounds: number;
  /** Every task has a cgroup and namespaces of its own. */
  readonly isolated?: true;
}

const cases: Case[] = [
  { victims: ['master'], rounds: 8 },
  { victims: ['agent'], rounds: 8 },
  { victims: ['framework'], rounds: 15 },
  { victims: ['spawner'], rounds: 10 },
  { victims: ['shim'], rounds: 15 },
  { victims: ['master', 'agent', 'framework', 'spawner', 'shim'], rounds: 16 },
  { victims: ['agent', 'spawner'], rounds: 12, isolated: true },
  { victims: ['agent', 'spawner', 'shim', 'init'], rounds: 16, isolated: true },
];

for (const { victims, rounds, isolated } of cases) {
  const need = isolated ? needs.root('the linux launcher makes cgroups and namespaces') : {};
  test(`${rounds} kills of ${victims.join(', ')}${isolated ? ', isolated tasks' : ''}`, need, async t => {
    t.diagnostic(`seed ${seed}`);
    const random = new Random(seed);
    const cgroups = isolated && new CgroupsRoot(t);
    const isolation = 'filesystem/linux,namespaces/pid,namespaces/ipc';
    const cluster = await Cluster.start(t, { agents: [cgroups ? { isolation, cgroups_root: cgroups.name } : {}] });
    const agentId = await cluster.registered(cluster.agent);
    const workload = new Workload(cluster, random);
    t.after(() => workload.stop());
    await workload.start();
    for (let round = 0; round < rounds; round++) {
      await new Promise(resolve => setTimeout(resolve, random.below(600)));
      await crashes[random.pick(victims)]?.({ cluster, workload, random });
    }
    await workload.finish();
    await workload.check({ interfered: victims.includes('shim') || victims.includes('init') });
    assert.equal(await cluster.registered(cluster.agent), agentId);
    assert.equal((await cluster.slaves()).length, 1);
    t.diagnostic(`${workload.launched} tasks`);
  });
}
