/** What frameworks and agents hold is the sum over their tasks, executors and offers, whatever happens in whatever order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId, type ExecutorInfo, type Task } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { parseResources } from '@meseta/resources/testing';
import fc from 'fast-check';
import { Agent } from './agent.ts';
import { Cluster } from './cluster.ts';
import { Framework } from './framework.ts';
import type { Offer } from './offer.ts';

const names = { framework: ['f', 'g'], agent: ['x', 'y'] } as const;
const holdings = ['cpus:1', 'cpus:1;ports:[5-5]', 'cpus:2;ports:[5-6]', 'mem:32;ports(r):[7-7]'] as const;

const step = fc.record({
  what: fc.constantFrom('task', 'ends', 'leaves', 'executor', 'executor ends', 'offer', 'rescind', 'agent goes'),
  framework: fc.constantFrom(...names.framework),
  agent: fc.constantFrom(...names.agent),
  holding: fc.constantFrom(...holdings),
  which: fc.nat(9),
});

const newFramework = (id: string) =>
  new Framework(checkId(id), { user: 'u', name: id }, 'active', { maxCompletedTasks: 5, maxUnreachableTasks: 5 });

const newAgent = (id: string) => {
  const total = parseResources('cpus:100;mem:10000;ports:[1-9]');
  const info = { hostname: id };
  const capabilities = [{ type: 'SHARED_PORTS' as const }];
  const registration = { info, pid: `slave(1)@${id}`, peer: '', version: '', capabilities, resourceVersion: '', total };
  return new Agent(checkId(id), registration, 0);
};

/** Does random things to a cluster and compares it with what was done. */
class History {
  readonly cluster = new Cluster({ maxCompletedFrameworks: 5 });
  readonly #frameworks = new Map(names.framework.map(id => [id, newFramework(id)]));
  #count = 0;

  constructor() {
    for (const framework of this.#frameworks.values()) this.cluster.addFramework(framework);
    for (const id of names.agent) this.cluster.addAgent(newAgent(id));
  }

  do({
    what,
    framework: frameworkId,
    agent: agentId,
    holding,
    which,
  }: typeof step extends fc.Arbitrary<infer S> ? S : never): void {
    const { cluster } = this;
    const framework = this.#frameworks.get(frameworkId);
    const agent = cluster.agents.get(agentId);
    assert.ok(framework && agent);
    const resources = parseResources(holding).allocate('r');
    const id = `${this.#count++}`;
    const tasks = [...framework.tasks.values()];
    const task = tasks[which % Math.max(1, tasks.length)];
    if (what === 'task') {
      const added: Task = {
        ...{ name: id, task_id: { value: id }, framework_id: { value: frameworkId }, agent_id: { value: agentId } },
        ...{ state: 'TASK_RUNNING', resources: resources.toArray() },
      };
      cluster.addTask(added, framework, agent);
    } else if (what === 'ends' && task) {
      const status = { task_id: task.task_id, state: 'TASK_FINISHED' as const };
      cluster.updateTask(task, status, 'TASK_FINISHED', framework, cluster.agents.get(task.agent_id.value));
    } else if (what === 'leaves' && task) {
      cluster.removeTask(task, framework, cluster.agents.get(task.agent_id.value));
    } else if (what === 'executor') {
      const executor: ExecutorInfo = { executor_id: { value: id }, resources: resources.toArray() };
      cluster.addExecutor(executor, framework, agent);
    } else if (what === 'executor ends') {
      const known = [...(agent.executors.get(framework.id)?.keys() ?? [])];
      cluster.removeExecutor(known[which % Math.max(1, known.length)] ?? 'none', framework, agent);
    } else if (what === 'offer') {
      const about = { frameworkId: framework.id, agentId: agent.id, role: 'r', madeAt: 0 };
      const offer: Offer = { id: checkId(id), ...about, resources };
      cluster.addOffer(offer, framework, agent);
    } else if (what === 'rescind') {
      const [offer] = framework.offers.values();
      if (offer) cluster.removeOffer(offer);
    } else if (what === 'agent goes') this.#lose(agent);
  }

  #lose(agent: Agent): void {
    const { cluster } = this;
    for (const framework of this.#frameworks.values()) {
      for (const task of [...(agent.tasks.get(framework.id)?.values() ?? [])])
        cluster.removeTask(task, framework, agent);
      for (const id of [...(agent.executors.get(framework.id)?.keys() ?? [])])
        cluster.removeExecutor(id, framework, agent);
    }
    for (const offer of [...agent.offers.values()]) cluster.removeOffer(offer);
    assert.equal(agent.used.size, 0);
    cluster.removeAgent(agent);
    cluster.addAgent(newAgent(agent.id));
  }

  check(): void {
    const { cluster } = this;
    for (const framework of this.#frameworks.values()) {
      const executors = [...framework.executors.values()].flatMap(all => [...all.values()]);
      const live = [...framework.tasks.values()].filter(({ state }) => state === 'TASK_RUNNING');
      assertSum(framework.used, [...live, ...executors]);
      assertSum(
        framework.offered,
        [...framework.offers.values()].map(offer => ({ resources: offer.resources.toArray() })),
      );
    }
    for (const agent of cluster.agents.values()) {
      const tasks = [...agent.tasks.values()].flatMap(all => [...all.values()]);
      const executors = [...agent.executors.values()].flatMap(all => [...all.values()]);
      assertSum(agent.totalUsed, [...tasks.filter(({ state }) => state === 'TASK_RUNNING'), ...executors]);
      assert.ok(
        agent.total.ranges('ports').length === 1 && agent.totalUsed.ranges('ports').every(({ end }) => end <= 9),
      );
    }
  }

  end(): void {
    for (const agent of [...this.cluster.agents.values()]) this.#lose(agent);
    for (const framework of this.#frameworks.values()) {
      assert.ok(framework.used.isEmpty && framework.offered.isEmpty, `${framework.used} ${framework.offered}`);
      this.cluster.removeFramework(framework);
    }
  }
}

function assertSum(sum: Resources, parts: readonly Pick<Task, 'resources'>[]): void {
  const expected = Resources.sum(parts.map(({ resources }) => Resources.of(resources)));
  assert.ok(sum.equals(expected), `${sum} is not ${expected}`);
}

test('used and offered resources are the sums of their parts, and nothing is left in the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const history = new History();
      for (const one of steps) {
        history.do(one);
        history.check();
      }
      history.end();
    }),
    { numRuns: 200 },
  );
});
