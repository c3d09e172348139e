/** What must be true of any allocator, whatever happens in whatever order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { isPorts, type Quantities, Resources, topLevelRole } from '@meseta/resources';
import { parseQuantities, parseResources } from '@meseta/resources/testing';
import fc from 'fast-check';
import type { Grant } from './index.ts';
import { modernAgent, TestCluster } from './testing.ts';

const frameworks = { f: ['a'], g: ['a', 'b'], h: ['a/x'], i: ['c'] } satisfies Record<string, string[]>;
const totals = ['cpus:4;mem:512;ports:[1-9]', 'cpus:1;mem:64', 'cpus(a):2;cpus:2;mem(b):64', 'cpus:8;mem:64;disk:10'];

const quotas = [undefined, 'cpus:3', 'cpus:5;mem:600', 'cpus:0'];

type Step =
  /** An allocator module's choices, most of which are impossible. */
  | {
      type: 'choose';
      choices: { id: keyof typeof frameworks; role: string; agent: string; resources: string | undefined }[];
    }
  | { type: 'reserve'; which: number; name: 'cpus' | 'ports' }
  /** The agent comes back with the other choice of `--shared_ports`. */
  | { type: 'share'; id: string }
  | { type: 'quota'; role: string; guarantees: string | undefined; limits: string | undefined }
  | { type: 'weight'; role: string; weight: number }
  /** Another master leads, which learns from agents what frameworks hold. */
  | { type: 'failover' }
  /** The agent is lost, and comes back with what frameworks hold of it. */
  | { type: 'lose'; id: string }
  | { type: 'run' }
  | { type: 'wait'; ms: number }
  | { type: 'return'; which: number; seconds: number | undefined; part: boolean }
  | { type: 'agent'; id: string; total: string | undefined; sharesPorts: boolean }
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
    type: fc.constant('choose' as const),
    choices: fc.array(
      fc.record({
        id: fc.constantFrom(...(Object.keys(frameworks) as (keyof typeof frameworks)[])),
        role: fc.constantFrom('a', 'b', 'a/x', 'c', 'none'),
        agent: fc.constantFrom('x', 'y', 'z', 'none'),
        resources: fc.constantFrom(undefined, 'cpus:1', 'cpus(a):1;mem:32', 'cpus:100', 'ports:[2-3]'),
      }),
      { maxLength: 6 },
    ),
  }),
  fc.record({
    type: fc.constant('reserve' as const),
    which: fc.nat(50),
    name: fc.constantFrom('cpus', 'ports'),
  }),
  fc.record({ type: fc.constant('share' as const), id: fc.constantFrom('x', 'y', 'z') }),
  fc.record({
    type: fc.constant('quota' as const),
    role: fc.constantFrom('a', 'b', 'c'),
    guarantees: fc.constantFrom(...quotas),
    limits: fc.constantFrom(...quotas),
  }),
  fc.record({
    type: fc.constant('weight' as const),
    role: fc.constantFrom('a', 'a/x', 'b', 'c'),
    weight: fc.constantFrom(0.1, 1, 7),
  }),
  fc.constant({ type: 'failover' as const }),
  fc.record({ type: fc.constant('lose' as const), id: fc.constantFrom('x', 'y', 'z') }),
  fc.record({
    type: fc.constant('agent' as const),
    id: fc.constantFrom('x', 'y', 'z'),
    total: fc.constantFrom(undefined, ...totals),
    sharesPorts: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('framework' as const),
    id: fc.constantFrom(...(Object.keys(frameworks) as (keyof typeof frameworks)[])),
    what: fc.constantFrom('suppress', 'revive', 'deactivate', 'activate', 'replace'),
  }),
);

/** What the outside knows: what was granted and not returned, and what was refused. */
class Model {
  cluster = new TestCluster();
  readonly totals = new Map<string, Resources>();
  /** The agents with shared ports. */
  readonly sharing = new Set<string>();
  held: Grant[] = [];
  refused: (Grant & { untilMs: number })[] = [];

  /** By top-level role. */
  readonly limits = new Map<string, Quantities>();
  readonly #quotas = new Map<string, { guarantees: Quantities; limits: Quantities }>();
  readonly #hasQuotas: boolean;

  constructor(hasQuotas: boolean) {
    this.#hasQuotas = hasQuotas;
    for (const [id, roles] of Object.entries(frameworks)) this.cluster.framework(id, roles);
    this.#setQuota('a', 'cpus:3', 'cpus:5;mem:600');
    this.#setQuota('c', 'mem:64', '');
  }

  #setQuota(role: string, guarantees: string, limits: string): void {
    if (!this.#hasQuotas) return;
    const [guaranteed, most] = [parseQuantities(guarantees), parseQuantities(limits)];
    // The master refuses a guarantee above its limit.
    if ([...most].some(([name, limit]) => (guaranteed.get(name) ?? 0) > limit)) return;
    this.limits.set(role, most);
    this.#quotas.set(role, { guarantees: guaranteed, limits: most });
    this.cluster.allocator.updateQuota(role, { guarantees: guaranteed, limits: most });
  }

  do(step: Step): void {
    const { allocator, clock } = this.cluster;
    if (step.type === 'run') this.#take(this.#run());
    else if (step.type === 'choose') this.#take(this.#choose(step.choices));
    else if (step.type === 'reserve') this.#reserve(step.which, step.name);
    else if (step.type === 'share') this.#share(step.id);
    else if (step.type === 'quota') this.#setQuota(step.role, step.guarantees ?? '', step.limits ?? '');
    else if (step.type === 'weight') allocator.updateWeight(step.role, step.weight);
    else if (step.type === 'lose') this.#lose(step.id);
    else if (step.type === 'failover') this.#failOver();
    else if (step.type === 'wait') clock.nowMs += step.ms;
    else if (step.type === 'return') this.#return(step.which, step.seconds, step.part);
    else if (step.type === 'agent') this.#replaceAgent(step.id, step.total, step.sharesPorts);
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

  /** However many tasks and offers have shared ports, each offer has all of them that its role may have. */
  #run(): Grant[] {
    const grants = this.cluster.run();
    for (const { agentId, role, resources } of grants) {
      if (!this.sharing.has(agentId)) continue;
      const ports = this.totals.get(agentId)?.filter(isPorts).allocatableTo(role) ?? Resources.empty;
      assert.ok(resources.unallocate().contains(ports), `offered ${resources}, shared ${ports}`);
    }
    return grants;
  }

  #choose(choices: (Step & { type: 'choose' })['choices']): Grant[] {
    const all = choices.map(({ id, role, agent, resources }) => ({
      ...{ agentId: agent, frameworkId: id, role },
      ...(resources !== undefined && { resources: parseResources(resources) }),
    }));
    return this.cluster.allocator.allocateChosen(['x', 'y', 'z', 'none'], all).grants;
  }

  /** RESERVE of all unreserved CPUs or ports of something that is held. The master asks first whether the agent has them. */
  #reserve(which: number, what: string): void {
    const grant = this.held[which % Math.max(1, this.held.length)];
    const consumed = grant?.resources.unreserved().filter(({ name }) => name === what);
    if (!grant || !consumed || consumed.isEmpty) return;
    if (!this.totals.get(grant.agentId)?.contains(consumed.unallocate())) return;
    const { frameworkId, agentId, role, resources } = grant;
    const converted = consumed.pushReservation({ type: 'DYNAMIC', role });
    this.cluster.allocator.convert(frameworkId, agentId, consumed, converted);
    this.#replace(grant, { ...grant, resources: resources.subtract(consumed).add(converted) });
    const total = this.totals.get(agentId) ?? Resources.empty;
    this.totals.set(agentId, total.subtract(consumed.unallocate()).add(converted.unallocate()));
  }

  #replace(grant: Grant, by: Grant): void {
    this.held = this.held.map(other => (other === grant ? by : other));
  }

  #lose(id: string): void {
    const total = this.totals.get(id);
    if (!total) return;
    this.cluster.allocator.removeAgent(checkId(id));
    this.refused = this.refused.filter(({ agentId }) => agentId !== id);
    this.cluster.agent(id, total, {}, this.#capabilities(id), this.#usedOf(id));
  }

  #failOver(): void {
    const { nowMs } = this.cluster.clock;
    this.cluster = new TestCluster();
    this.cluster.clock.nowMs = nowMs;
    this.refused = [];
    for (const [id, total] of this.totals) this.cluster.agent(id, total, {}, this.#capabilities(id), this.#usedOf(id));
    for (const [id, roles] of Object.entries(frameworks)) this.cluster.framework(id, roles);
    for (const [role, quota] of this.#quotas) this.cluster.allocator.updateQuota(role, quota);
  }

  #usedOf(id: string) {
    const used = Map.groupBy(
      this.held.filter(({ agentId }) => agentId === id),
      ({ frameworkId }) => frameworkId,
    );
    const sums = [...used].map(([framework, grants]) => {
      return [framework, Resources.sum(grants.map(({ resources }) => resources))] as const;
    });
    return new Map(sums);
  }

  #capabilities(id: string): typeof modernAgent {
    return this.sharing.has(id) ? modernAgent.union(new Set(['SHARED_PORTS' as const])) : modernAgent;
  }

  /** Not while frameworks have the same ports, or ports that were reserved meanwhile: these would be counted once only. */
  #share(id: string): void {
    const total = this.totals.get(id);
    if (!total) return;
    if (this.sharing.delete(id)) {
      let sum = Resources.empty;
      for (const { agentId, resources } of this.held) {
        if (agentId !== id) continue;
        const ports = resources.filter(isPorts).unallocate();
        const isTaken = !sum.subtract(ports).equals(sum) || !total.contains(ports);
        if (isTaken) return void this.sharing.add(id);
        sum = sum.add(ports);
      }
    } else this.sharing.add(id);
    const change = { capabilities: this.#capabilities(id) };
    this.cluster.allocator.updateAgent(checkId(id), change, () => this.#usedOf(id));
  }

  /** Returns the part of resources of which there is only as much as the agent has. */
  exclusive(agentId: string, resources: Resources): Resources {
    return this.sharing.has(agentId) ? resources.filter(kind => !isPorts(kind)) : resources;
  }

  #take(grants: readonly Grant[]): void {
    const { clock } = this.cluster;
    for (const grant of grants) {
      const { resources, frameworkId, role, agentId } = grant;
      const covering = this.refused.find(
        refusal =>
          refusal.untilMs > clock.nowMs &&
          refusal.frameworkId === frameworkId &&
          refusal.role === role &&
          refusal.agentId === agentId &&
          refusal.resources.contains(this.exclusive(agentId, resources)),
      );
      assert.equal(covering, undefined, 'a filter covers it');
      assert.ok(resources.unallocate().allocatableTo(role).equals(resources.unallocate()), 'reserved for others');
      assert.ok(!this.exclusive(agentId, resources).isEmpty, 'an offer of shared ports alone');
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
    const refused = this.exclusive(grant.agentId, returned);
    if (seconds && !refused.isEmpty)
      this.refused.push({ ...grant, resources: refused, untilMs: this.cluster.clock.nowMs + seconds * 1000 });
  }

  #replaceAgent(id: string, total: string | undefined, sharesPorts: boolean): void {
    this.cluster.allocator.removeAgent(checkId(id));
    this.totals.delete(id);
    this.held = this.held.filter(({ agentId }) => agentId !== id);
    this.refused = this.refused.filter(({ agentId }) => agentId !== id);
    this.sharing.delete(id);
    if (!total) return;
    if (sharesPorts) this.sharing.add(id);
    this.cluster.agent(id, total, {}, this.#capabilities(id));
    this.totals.set(id, this.cluster.allocator.available(checkId(id))!);
  }

  #forget(id: string, change: () => void): void {
    this.refused = this.refused.filter(({ frameworkId }) => frameworkId !== id);
    change();
  }

  check(): void {
    for (const [id, total] of this.totals) {
      const all = this.held.filter(({ agentId }) => agentId === id).map(({ resources }) => resources);
      const held = this.exclusive(id, Resources.sum(all));
      const available = this.cluster.allocator.available(checkId(id))!;
      assert.ok(held.unallocate().add(available).equals(total), `held ${held}, available ${available}, total ${total}`);
    }
  }

  /** Returns everything that is held: then nothing counts for anyone. */
  end(): void {
    const { allocator } = this.cluster;
    for (const grant of this.held.splice(0)) this.cluster.recover(grant);
    this.check();
    for (const role of ['a', 'a/x', 'b', 'c']) assert.equal(allocator.dominantShare(role), 0, role);
    for (const top of ['a', 'b', 'c']) assert.equal(allocator.heldQuota(top).size, 0, top);
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
      model.end();
    }),
    { numRuns: 200 },
  );
});

test('no run takes a role above its limit', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const model = new Model(true);
      for (const one of steps) {
        const before = new Map([...model.limits.keys()].map(role => [role, model.consumedBy(role)]));
        model.do(one);
        if (one.type !== 'run' && one.type !== 'choose') continue;
        for (const [role, limits] of model.limits) {
          const after = model.consumedBy(role);
          for (const [name, limit] of limits) {
            const [was = 0, is = 0] = [before.get(role)?.get(name), after.get(name)];
            assert.ok(is <= Math.max(limit, was), `${role}: ${name} from ${was} to ${is}, limit ${limit}`);
          }
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
