/** Volumes come and go, grow and shrink, are used by several at once: nothing of the disk is lost, and nothing is there twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId, type FrameworkId, type OfferOperation, type Resource } from '@meseta/protocol';
import { conversionsOf, Resources } from '@meseta/resources';
import { parseResources } from '@meseta/resources/testing';
import fc from 'fast-check';
import type { Grant } from './index.ts';
import { TestCluster } from './testing.ts';

/** The last one cannot use shared volumes. */
const frameworks = { f: true, g: true, h: false };
type Name = keyof typeof frameworks;
const names = Object.keys(frameworks) as Name[];
const total = 'cpus:4;mem:512;disk(a):100';
const agents = ['x', 'y'] as const;

type Step =
  | { type: 'run' }
  /** Of something that is held. */
  | { type: 'create'; which: number; size: number; shared: boolean }
  | { type: 'grow' | 'shrink'; which: number; size: number }
  | { type: 'destroy'; which: number }
  /** A task begins with one more copy of a shared volume. */
  | { type: 'use'; which: number }
  | { type: 'return'; which: number; seconds: number; what: 'all' | 'volumes' | 'cpus' }
  | { type: 'lose'; id: (typeof agents)[number] }
  /** One step of the removal of a framework, which is added anew when that is done. */
  | { type: 'remove'; id: Name }
  | { type: 'wait' };

const which = fc.nat(20);
const size = fc.integer({ min: 1, max: 60 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'run' as const }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('create' as const), which, size, shared: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('grow' as const, 'shrink' as const), which, size }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('destroy' as const), which }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('use' as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('return' as const),
      which,
      seconds: fc.constantFrom(0, 5),
      what: fc.constantFrom('all' as const, 'volumes' as const, 'cpus' as const),
    }),
  },
  fc.record({ type: fc.constant('lose' as const), id: fc.constantFrom(...agents) }),
  fc.record({ type: fc.constant('remove' as const), id: fc.constantFrom(...names) }),
  fc.constant({ type: 'wait' as const }),
);

/** What the outside knows. */
class Model {
  readonly cluster = new TestCluster({ minAllocatable: [] });
  readonly totals = new Map<string, Resources>();
  held: Grant[] = [];
  readonly #removals = new Map<Name, Iterator<void>>();
  /** How often each was added: the id of a removed framework is not used again. */
  readonly #incarnations = new Map<Name, number>();
  #volumes = 0;

  constructor() {
    for (const name of names) this.#add(name);
    for (const id of agents) {
      this.cluster.agent(id, total);
      this.totals.set(id, parseResources(total));
    }
  }

  do(step: Step): void {
    const { allocator, clock } = this.cluster;
    if (step.type === 'run') this.#run();
    else if (step.type === 'wait') clock.nowMs += 10_000;
    else if (step.type === 'lose') this.#lose(step.id);
    else if (step.type === 'remove') this.#remove(step.id);
    else {
      const grant = this.held[step.which % Math.max(1, this.held.length)];
      if (!grant) return;
      if (step.type === 'return') this.#return(grant, step.seconds, step.what);
      else if (step.type === 'use') {
        const copies = grant.resources.shared().toArray().slice(0, 1);
        allocator.convert(grant.frameworkId, grant.agentId, Resources.empty, Resources.of(copies));
        this.#replace(grant, grant.resources.add(Resources.of(copies)));
      } else {
        const operation = this.#operation(step, grant);
        if (operation) this.#convert(grant, operation);
      }
    }
  }

  #add(name: Name): void {
    const count = (this.#incarnations.get(name) ?? 0) + 1;
    this.#incarnations.set(name, count);
    const shared = frameworks[name] ? (['SHARED_RESOURCES'] as const) : [];
    this.cluster.framework(`${name}${count}`, ['a'], ['MULTI_ROLE', ...shared]);
  }

  #run(): void {
    for (const grant of this.cluster.run()) {
      const name = grant.frameworkId[0] as Name;
      assert.ok(!this.#removals.has(name), 'nothing for a framework that is being removed');
      assert.ok(frameworks[name] || grant.resources.shared().isEmpty, 'it cannot use shared volumes');
      this.held.push(grant);
    }
  }

  /** Returns the operation when what is held allows it. */
  #operation(step: Step & { which: number }, { resources }: Grant): OfferOperation | undefined {
    const all = resources.toArray();
    const disk = all.find(({ name, disk }) => name === 'disk' && !disk);
    const free = disk?.scalar?.value ?? 0;
    const volume = all.find(({ disk, shared }) => disk?.persistence && (!shared || step.type === 'destroy'));
    const has = volume?.scalar?.value ?? 0;
    if (step.type === 'create') {
      if (!disk || free < step.size) return undefined;
      const persistence = { id: `v${this.#volumes++}` };
      const created: Resource = {
        ...{ ...disk, scalar: { value: step.size } },
        disk: { persistence, volume: { container_path: 'p', mode: 'RW' } },
        ...(step.shared && { shared: {} }),
      };
      return { type: 'CREATE', create: { volumes: [created] } };
    }
    if (!volume) return undefined;
    if (step.type === 'grow') {
      if (!disk || free < step.size) return undefined;
      return { type: 'GROW_VOLUME', grow_volume: { volume, addition: { ...disk, scalar: { value: step.size } } } };
    }
    if (step.type === 'shrink') {
      return has > step.size
        ? { type: 'SHRINK_VOLUME', shrink_volume: { volume, subtract: { value: step.size } } }
        : undefined;
    }
    return step.type === 'destroy' && this.#isOnlyCopy(volume)
      ? { type: 'DESTROY', destroy: { volumes: [volume] } }
      : undefined;
  }

  #isOnlyCopy({ disk }: Resource): boolean {
    const copies = this.held.flatMap(({ resources }) => resources.toArray());
    return copies.filter(copy => copy.disk?.persistence?.id === disk?.persistence?.id).length === 1;
  }

  #convert(grant: Grant, operation: OfferOperation): void {
    const { frameworkId, agentId } = grant;
    let { resources } = grant;
    for (const { consumed, converted } of conversionsOf(operation)) {
      assert.ok(resources.contains(consumed), `${resources} without ${consumed}`);
      this.cluster.allocator.convert(frameworkId, agentId, consumed, converted);
      resources = resources.subtract(consumed).add(converted);
      const before = this.totals.get(agentId) ?? Resources.empty;
      this.totals.set(agentId, before.subtract(consumed.unallocate()).add(converted.unallocate()));
    }
    this.#replace(grant, resources);
  }

  #replace(grant: Grant, resources: Resources): void {
    const others = this.held.filter(other => other !== grant);
    this.held = resources.isEmpty ? others : [...others, { ...grant, resources }];
  }

  #return(grant: Grant, seconds: number, what: 'all' | 'volumes' | 'cpus'): void {
    const returned = {
      all: grant.resources,
      volumes: grant.resources.persistentVolumes(),
      cpus: grant.resources.filter(({ name }) => name === 'cpus'),
    }[what];
    this.cluster.recover({ ...grant, resources: returned }, seconds);
    this.#replace(grant, grant.resources.subtract(returned));
  }

  /** The agent goes, and is back with all that is in use of it. */
  #lose(id: string): void {
    const used = new Map<FrameworkId, Resources>();
    for (const { agentId, frameworkId, resources } of this.held) {
      if (agentId === id) used.set(frameworkId, (used.get(frameworkId) ?? Resources.empty).add(resources));
    }
    this.cluster.allocator.removeAgent(checkId(id));
    // What frameworks hold that are being removed, their agents do not report again.
    for (const name of this.#removals.keys())
      this.held = this.held.filter(held => held.frameworkId[0] !== name || held.agentId !== id);
    const kept = [...used].filter(([frameworkId]) => !this.#removals.has(frameworkId[0] as Name));
    this.cluster.agent(id, this.totals.get(id) ?? Resources.empty, {}, undefined, new Map(kept));
  }

  /** Steps free one agent after the other: what is left is known when the last one is done. */
  #remove(name: Name): void {
    const { allocator } = this.cluster;
    const id: FrameworkId = checkId(`${name}${this.#incarnations.get(name)}`);
    const removal = this.#removals.get(name) ?? allocator.removingFramework(id);
    this.#removals.set(name, removal);
    const before = new Map(agents.map(agent => [agent, allocator.available(checkId(agent))]));
    const { done } = removal.next();
    for (const agent of agents) {
      if (done || before.get(agent) !== allocator.available(checkId(agent)))
        this.held = this.held.filter(({ frameworkId, agentId }) => frameworkId !== id || agentId !== agent);
    }
    if (!done) return;
    this.#removals.delete(name);
    this.#add(name);
  }

  check(): void {
    for (const [id, all] of this.totals) {
      const held = Resources.sum(this.held.filter(({ agentId }) => agentId === id).map(({ resources }) => resources));
      const available = this.cluster.allocator.available(checkId(id)) ?? Resources.empty;
      const unshared = held.unallocate().nonShared().add(available.nonShared());
      assert.ok(unshared.equals(all.nonShared()), `held ${held}, available ${available}, total ${all}`);
      assert.ok(available.shared().equals(all.shared()), 'a shared volume is always available, once');
      assert.equal(all.scalar('disk'), 100);
    }
  }

  /** Everything is returned: nobody has a share of anything any more. */
  end(): void {
    for (const grant of [...this.held]) this.#return(grant, 0, 'all');
    for (const name of this.#removals.keys())
      for (let i = 0; this.#removals.has(name) && i < 9; i++) this.#remove(name);
    this.check();
    assert.equal(this.cluster.allocator.dominantShare('a'), 0);
  }
}

/** What a framework holds comes back between two steps of its removal. */
const returnedInRemoval: Step[] = [
  { type: 'run' },
  { type: 'create', which: 7, size: 1, shared: true },
  { type: 'run' },
  { type: 'remove', id: 'f' },
];

test('whatever becomes of volumes, what is held and what is available are what there is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const model = new Model();
      for (const one of steps) {
        model.do(one);
        model.check();
      }
      model.end();
    }),
    { numRuns: 300, examples: [[returnedInRemoval]] },
  );
});
