/**
 * Three masters, three servers of ZooKeeper, agents and frameworks, each on a machine of its own, while the network
 * between them is cut: nothing is lost, doubled or left, and no two masters lead at once.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsZooKeeper } from '@meseta/storage/testing';
import { all, CutNetwork, eventually, needs, testInOwnNetwork } from '@meseta/system/testing';
import { type Cut, ensembleApart, fromMasters, fromZooKeeper, withMinority } from './support/chaos/cuts.ts';
import { chaos, ofLeader, registered, type Stage } from './support/chaos/run.ts';
import { ask } from './support/chaos/witnesses.ts';
import type { Daemon } from './support/daemon.ts';

const test = testInOwnNetwork(
  import.meta.url,
  all(needsZooKeeper, needs.program('iptables', 'the Debian package iptables')),
);

test('whatever is cut from whatever, one master leads, nothing is lost, and all meet again', async t => {
  const story: string[] = [];
  const network = await CutNetwork.make();
  const result = await chaos(t, {
    ...{ seed: 1, network, report: line => story.push(line) },
    disturb: async stage => {
      const scene = new Scene(stage, network);
      await scene.meet();
      for (const each of cuts) {
        await each(scene);
        await scene.meet();
      }
      return cuts.length;
    },
  });
  t.diagnostic(JSON.stringify({ ...result, violations: result.violations.length }));
  assert.deepEqual(result.violations, [], story.join('\n'));
  const [acknowledged] = result.changes;
  assert.ok(acknowledged > 0 && (result.ends.TASK_FINISHED ?? 0) > 0 && result.leaders > 5, story.join('\n'));
});

/** In this order. After each of them all must meet again. */
const cuts: readonly ((scene: Scene) => Promise<void>)[] = [
  // The frameworks lose the leader, and find the next one.
  async scene => {
    const { cluster } = scene.stage;
    const [framework = assert.fail()] = cluster.frameworks;
    await scene.during(fromMasters(cluster, framework, 'both ways'), () =>
      scene.deposes(leader => fromZooKeeper(cluster, leader, 'both ways')),
    );
  },
  scene => scene.deposes(leader => fromZooKeeper(scene.stage.cluster, leader, 'from it')),
  scene => scene.deposes(leader => fromZooKeeper(scene.stage.cluster, leader, 'to it')),
  async scene => {
    const { cluster } = scene.stage;
    const { id } = await cluster.zookeeper.leader();
    await scene.deposes(leader => withMinority(cluster, leader, id - 1));
  },

  // The machine of the leader: not even its agents reach it.
  async scene => {
    const leader = await scene.leader();
    const { ended } = leader;
    const plug = await scene.network.unplug(leader.place);
    await scene.leader(leader);
    assert.equal(await ended, 'code 1');
    await plug();
  },

  // No server of ZooKeeper hears another one.
  async scene => {
    const { cluster } = scene.stage;
    const leader = await scene.leader();
    const { ended } = leader;
    await scene.during(ensembleApart(cluster), async () => {
      assert.equal(await ended, 'code 1');
      await eventually('that nobody leads', async () => {
        const answers = await Promise.all(cluster.masters.map(master => ask(master, '/state')));
        return answers.every(answer => answer?.status === 503);
      });
    });
  },

  // Not long enough to be missed.
  async scene => {
    const { cluster } = scene.stage;
    const before = await scene.unreachable();
    const [agent = assert.fail()] = cluster.agents;
    await scene.during(fromMasters(cluster, agent, 'both ways'), () => sleep(1500));
    await scene.meet();
    assert.equal(await scene.unreachable(), before);
  },

  // Missed, by a master that hears nothing, or that is not heard.
  async scene => {
    const { cluster } = scene.stage;
    const before = await scene.unreachable();
    const [, deaf = assert.fail(), mute = assert.fail()] = cluster.agents;
    await scene.during(fromMasters(cluster, deaf, 'to it'), () =>
      scene.during(fromMasters(cluster, mute, 'from it'), () =>
        eventually('unreachable agents', async () => (await scene.unreachable()) === before + 2),
      ),
    );
  },
];

class Scene {
  readonly stage: Stage;
  readonly network: CutNetwork;

  constructor(stage: Stage, network: CutNetwork) {
    this.stage = stage;
    this.network = network;
  }

  /** Cuts the network while something happens. */
  async during(cut: Cut, happens: () => Promise<unknown>): Promise<void> {
    this.stage.report(cut.name);
    const mend = await this.network.cut(cut.directions);
    await happens();
    await mend();
    this.stage.report(`mended: ${cut.name}`);
  }

  /** Cuts the leader off: it ends by itself, and another one leads. That it does not lead longer is checked at the end. */
  async deposes(cut: (leader: Daemon) => Cut): Promise<void> {
    const leader = await this.leader();
    const { ended } = leader;
    await this.during(cut(leader), async () => {
      await this.leader(leader);
      assert.equal(await ended, 'code 1', leader.log);
      assert.match(leader.log, /The master cannot go on/);
    });
  }

  /** The master that was seen leading just now. @param others which it must not be. */
  leader(...others: readonly Daemon[]): Promise<Daemon> {
    const { witnesses } = this.stage;
    return eventually('a leader', () => {
      const { leader, leadsForMs } = witnesses;
      return leader && leadsForMs > 0 && !others.includes(leader) ? leader : undefined;
    });
  }

  /** How many agents the present leader has counted as unreachable. */
  async unreachable(): Promise<number> {
    const { text } = (await ask(await this.leader(), '/metrics/snapshot')) ?? assert.fail('The leader does not answer');
    return JSON.parse(text)['master/slave_unreachable_completed'];
  }

  /** Waits until one leads, the others stand by, and all agents and frameworks are with the leader. */
  async meet(): Promise<void> {
    const { cluster, report } = this.stage;
    await eventually('all to meet', async () => {
      const answers = await Promise.all(cluster.masters.map(master => ask(master, '/redirect')));
      const isAgreed = new Set(answers.map(answer => answer?.location)).size === 1;
      return isAgreed && (await registered(cluster)) !== undefined && (await this.#frameworks()) === 2;
    });
    report('all have met');
  }

  async #frameworks(): Promise<number> {
    const state = await ofLeader<{ frameworks: { connected: boolean }[] }>(this.stage.cluster, '/state');
    return state?.frameworks.filter(({ connected }) => connected).length ?? 0;
  }
}
