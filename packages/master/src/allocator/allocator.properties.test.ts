/** What must be true of any allocator, whatever happens in whatever order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { Resources, topLevelRole } from '@meseta/resources';
import { parseQuantities } from '@meseta/resources/testing';
import fc from 'fast-check';
import type { Grant } from './index.ts';
import { TestCluster } from './testing.ts';

const frameworks = { f: ['a'], g: ['a', 'b'], h: ['a/x'], i: ['c'] } satisfies Record<string, string[]>;
const totals = ['cpus:4;mem:512;ports:[1-9]', 'cpus:1;mem:64', 'cpus(a):2;cpus:2;mem(b):64', 'cpus:8;mem:64;disk:10'];

type Step =
  | { type: 'run' }
  | { type: 'wait'; ms: number }
  | { type: 'return'; which: number; seconds: number | undefined; part: boolean }
  | { type: 'agent'; id: string; total: string | undefined }
  | {
      type: 'framework';
      id: keyof typeof frameworks;
      what: 'suppress' | 'revive' | 'deactivate' | 'activate' | 'replace';
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'run' as const }) },
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(100, 1000, 10_000) }),
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('return' as const),
      which: fc.nat(50),
      seconds: fc.constantFrom(undefined, 0, 2, 20),
      part: fc.boolean(),
    }),
  },
  fc.record({
    type: fc.constant('agent' as const),
    id: fc.constantFrom('x', 'y', 'z'),
    total: fc.constantFrom(undefined, ...totals),
  }),
  fc.record({
    type: fc.constant('framework' as const),
    id: fc.constantFrom(...(Object.keys(frameworks) as (keyof typeof frameworks)[])),
    what: fc.constantFrom('suppress', 'revive', 'deactivate', 'activate', 'replace'),
  }),
);

/** What the outside knows: what was granted and not returned, and what was refused. */
class Model {
  readonly cluster = new TestCluster();
  readonly totals = new Map<string, Resources>();
  held: Grant[] = [];
  refused: (Grant & { untilMs: number })[] = [];

  constructor(quotas: boolean) {
    for (const [id, roles] of Object.entries(frameworks)) this.cluster.framework(id, roles);
    if (!quotas) return;
    this.cluster.allocator.updateQuota('a', {
      guarantees: parseQuantities('cpus:3'),
      limits: parseQuantities('cpus:5;mem:600'),
    });
    this.cluster.allocator.updateQuota('c', { guarantees: parseQuantities('mem:64'), limits: new Map() });
  }

  do(step: Step): void {
    const { allocator, clock } = this.cluster;
    if (step.type === 'run') this.#run();
    else if (step.type === 'wait') clock.nowMs += step.ms;
    else if (step.type === 'return') this.#return(step.which, step.seconds, step.part);
    else if (step.type === 'agent') this.#replaceAgent(step.id, step.total);
    else if (step.what === 'suppress') allocator.suppress(checkId(step.id));
    else if (step.what === 'revive') this.#forget(step.id, () => allocator.revive(checkId(step.id)));
    else if (step.what === 'deactivate') this.#forget(step.id, () => allocator.deactivateFramework(checkId(step.id)));
    else if (step.what === 'activate') allocator.activateFramework(checkId(step.id));
    else {
      this.#forget(step.id, () => allocator.removeFramework(checkId(step.id)));
      this.held = this.held.filter(({ frameworkId }) => frameworkId !== step.id);
      this.cluster.framework(step.id, frameworks[step.id]);
    }
  }

  #run(): void {
    const { clock } = this.cluster;
    for (const grant of this.cluster.run()) {
      const { resources, frameworkId, role, agentId } = grant;
      const covering = this.refused.find(
        refusal =>
          refusal.untilMs > clock.nowMs &&
          refusal.frameworkId === frameworkId &&
          refusal.role === role &&
          refusal.agentId === agentId &&
          refusal.resources.contains(resources),
      );
      assert.equal(covering, undefined, 'a filter covers it');
      assert.ok(resources.unallocate().allocatableTo(role).equals(resources.unallocate()), 'reserved for others');
      this.held.push(grant);
    }
  }

  #return(which: number, seconds: number | undefined, part: boolean): void {
    const grant = this.held[which % Math.max(1, this.held.length)];
    if (!grant) return;
    this.held = this.held.filter(other => other !== grant);
    const returned = part ? grant.resources.filter(({ name }) => name === 'cpus') : grant.resources;
    const kept = grant.resources.subtract(returned);
    if (!kept.isEmpty) this.held.push({ ...grant, resources: kept });
    this.cluster.recover({ ...grant, resources: returned }, seconds);
    if (seconds)
      this.refused.push({ ...grant, resources: returned, untilMs: this.cluster.clock.nowMs + seconds * 1000 });
  }

  #replaceAgent(id: string, total: string | undefined): void {
    this.cluster.allocator.removeAgent(checkId(id));
    this.totals.delete(id);
    this.held = this.held.filter(({ agentId }) => agentId !== id);
    this.refused = this.refused.filter(({ agentId }) => agentId !== id);
    if (!total) return;
    this.cluster.agent(id, total);
    this.totals.set(id, this.cluster.allocator.available(checkId(id))!);
  }

  #forget(id: string, change: () => void): void {
    this.refused = this.refused.filter(({ frameworkId }) => frameworkId !== id);
    change();
  }

  check(): void {
    for (const [id, total] of this.totals) {
      const held = Resources.sum(this.held.filter(({ agentId }) => agentId === id).map(({ resources }) => resources));
      const available = this.cluster.allocator.available(checkId(id))!;
      assert.ok(held.unallocate().add(available).equals(total), `held ${held}, available ${available}, total ${total}`);
    }
  }

  consumedBy(top: string) {
    const reserved = Resources.sum(this.totals.values()).reserved(top);
    const held = Resources.sum(
      this.held.filter(({ role }) => topLevelRole(role) === top).map(({ resources }) => resources),
    );
    return held.unreserved().unallocate().add(reserved.toUnreserved()).quantities();
  }
}

test('what is held and what is available are what there is; no offer is covered by a filter', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (quotas, steps) => {
      const model = new Model(quotas);
      for (const one of steps) {
        model.do(one);
        model.check();
      }
    }),
    { numRuns: 200 },
  );
});

test('no run takes a role above its limit', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const model = new Model(true);
      const limits = parseQuantities('cpus:5;mem:600');
      for (const one of steps) {
        const before = model.consumedBy('a');
        model.do(one);
        const after = model.consumedBy('a');
        if (one.type !== 'run') continue;
        for (const [name, limit] of limits) {
          const [was = 0, is = 0] = [before.get(name), after.get(name)];
          assert.ok(is <= Math.max(limit, was), `${name} from ${was} to ${is}, limit ${limit}`);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('runs that remember who wanted nothing decide as runs that do not', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const [remembering, forgetting] = [new Model(false), new Model(false)];
      forgetting.cluster.allocator.updateQuota('nobody', { guarantees: new Map(), limits: parseQuantities('cpus:1') });
      for (const one of steps) {
        remembering.do(one);
        forgetting.do(one);
        const grantsOf = ({ held }: Model) =>
          held.map(({ frameworkId, role, agentId, resources }) => [frameworkId, role, agentId, String(resources)]);
        assert.deepEqual(grantsOf(remembering), grantsOf(forgetting));
      }
    }),
    { numRuns: 200 },
  );
});

test('shares of equal frameworks differ by one agent at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 40 }), (clients, agents) => {
      const cluster = new TestCluster();
      for (let i = 0; i < clients; i++) cluster.framework(`f${i}`, ['r']);
      for (let i = 0; i < agents; i++) cluster.agent(`a${i}`, 'cpus:4;mem:512');
      const counts = Map.groupBy(cluster.run(), ({ frameworkId }) => frameworkId)
        .values()
        .map(({ length }) => length);
      const sorted = [...counts].sort((a, b) => a - b);
      assert.equal(
        sorted.reduce((a, b) => a + b, 0),
        agents,
      );
      assert.ok((sorted.at(-1) ?? 0) - (sorted.length < clients ? 0 : (sorted[0] ?? 0)) <= 1);
    }),
  );
});

test('the order in which equal frameworks came does not matter', () => {
  const names = ['f0', 'f1', 'f2', 'f3'];
  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: 4 }), order => {
      const decide = (ids: readonly string[]) => {
        const cluster = new TestCluster();
        for (const id of ids) cluster.framework(id, ['r']);
        for (let i = 0; i < 10; i++) cluster.agent(`a${i}`, 'cpus:4;mem:512');
        return cluster.grants();
      };
      assert.deepEqual(decide(order), decide(names));
    }),
  );
});
