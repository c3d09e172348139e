import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { parseQuantities, parseResources } from '@meseta/resources/testing';
import { TestCluster } from './testing.ts';

const quota = (guarantees: string, limits: string) => ({
  guarantees: parseQuantities(guarantees),
  limits: parseQuantities(limits),
});

test('a framework gets all of an agent, once', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100;ports:[1-2]');
  assert.deepEqual(
    cluster.run().map(({ role, resources }) => [role, String(resources)]),
    [['r', 'cpus(allocated: r):4; mem(allocated: r):100; ports(allocated: r):[1-2]']],
  );
  assert.deepEqual(cluster.run(), []);
});

test('agents go round, to whom has least', () => {
  const cluster = new TestCluster();
  for (const id of ['f1', 'f2', 'f3']) cluster.framework(id, ['r']);
  for (let i = 0; i < 9; i++) cluster.agent(`a${i}`, 'cpus:4;mem:100');
  const counts = Map.groupBy(cluster.run(), ({ frameworkId }) => frameworkId);
  assert.deepEqual([...counts].map(([id, grants]) => [id, grants.length]).sort(), [
    ['f1', 3],
    ['f2', 3],
    ['f3', 3],
  ]);
});

test('weights shift shares between roles', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['heavy']);
  cluster.framework('g', ['light']);
  cluster.allocator.updateWeight('heavy', 2);
  for (let i = 0; i < 9; i++) cluster.agent(`a${i}`, 'cpus:4;mem:100');
  assert.equal(cluster.run().filter(({ frameworkId }) => frameworkId === 'f').length, 6);
});

const refusals: { name: string; seconds: number; afterMs: number; batches: number; offered: boolean }[] = [
  { name: 'zero seconds are no filter', seconds: 0, afterMs: 0, batches: 0, offered: true },
  { name: 'a filter holds', seconds: 10, afterMs: 9_999, batches: 1, offered: false },
  { name: 'a filter ends', seconds: 10, afterMs: 10_000, batches: 1, offered: true },
  { name: 'negative seconds are five', seconds: -1, afterMs: 4_999, batches: 1, offered: false },
  { name: 'negative seconds are five, no more', seconds: -1, afterMs: 5_000, batches: 1, offered: true },
  { name: 'NaN is five', seconds: Number.NaN, afterMs: 4_999, batches: 1, offered: false },
  { name: 'a short filter lasts for an interval', seconds: 0.1, afterMs: 999, batches: 1, offered: false },
  { name: 'a filter outlasts the next run, however late', seconds: 0.1, afterMs: 5_000, batches: 0, offered: false },
  { name: 'a filter ends after a year', seconds: 1e12, afterMs: 365 * 86_400_000, batches: 1, offered: true },
];
for (const { name, seconds, afterMs, batches, offered } of refusals) {
  test(name, () => {
    const cluster = new TestCluster();
    cluster.framework('f', ['r']);
    cluster.agent('a', 'cpus:4;mem:100');
    cluster.recover(cluster.run()[0]!, seconds);
    for (let i = 0; i < batches; i++) assert.deepEqual(cluster.run(), [], 'the next run respects it');
    cluster.clock.nowMs += afterMs;
    assert.equal(cluster.run().length, offered ? 1 : 0);
  });
}

test('a filter lets more through, and less not', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100');
  cluster.recover(cluster.run()[0]!, 100);
  cluster.allocator.updateAgent(checkId('a'), { total: parseResources('cpus:3;mem:100') });
  assert.deepEqual(cluster.run(), []);
  cluster.allocator.updateAgent(checkId('a'), { total: parseResources('cpus:4;mem:101') });
  assert.equal(cluster.run().length, 1);
});

test('filters are for a role and end with revive, deactivation and new attributes', () => {
  const ends: ((cluster: TestCluster) => void)[] = [
    ({ allocator }) => allocator.revive(checkId('f')),
    ({ allocator }) => allocator.revive(checkId('f'), ['r']),
    ({ allocator }) => {
      allocator.deactivateFramework(checkId('f'));
      allocator.activateFramework(checkId('f'));
    },
    ({ allocator }) =>
      allocator.updateAgent(checkId('a'), {
        info: { hostname: 'a', attributes: [{ name: 'x', type: 'TEXT', text: { value: 'y' } }] },
      }),
  ];
  for (const end of ends) {
    const cluster = new TestCluster();
    cluster.framework('f', ['r']);
    cluster.agent('a', 'cpus:4;mem:100');
    cluster.recover(cluster.run()[0]!, 100);
    assert.equal(cluster.allocator.activeFilters('r'), 1);
    assert.deepEqual(cluster.run(), []);
    end(cluster);
    assert.equal(cluster.allocator.activeFilters('r'), 0);
    assert.equal(cluster.run().length, 1, String(end));
  }
});

test('another role of the framework is not filtered', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r', 's']);
  cluster.agent('a', 'cpus:4;mem:100');
  const [first] = cluster.run();
  cluster.recover(first!, 100);
  const [second] = cluster.run();
  assert.notEqual(second?.role, first?.role);
});

test('suppressed roles get nothing until revived', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r', 's']);
  cluster.agent('a', 'cpus:4;mem:100');
  cluster.allocator.suppress(checkId('f'), ['r']);
  assert.equal(cluster.run()[0]?.role, 's');
  cluster.allocator.suppress(checkId('f'));
  cluster.agent('b', 'cpus:4;mem:100');
  assert.deepEqual(cluster.run(), []);
  cluster.allocator.revive(checkId('f'), ['r']);
  assert.equal(cluster.run()[0]?.role, 'r');
});

test('reserved resources go to the role and to those below it', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['a/b']);
  cluster.framework('g', ['c']);
  cluster.agent('x', 'cpus(a):1;cpus(a/b):2;cpus(c):4');
  assert.deepEqual(cluster.grants(), [
    'f@x: cpus(reservations: [(STATIC,a)]):1; cpus(reservations: [(STATIC,a/b)]):2',
    'g@x: cpus(reservations: [(STATIC,c)]):4',
  ]);
});

test('less than the minimum is not offered, unless the framework says it is enough', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:0.005;mem:31;disk:1000');
  assert.deepEqual(cluster.run(), []);
  cluster.framework('g', ['r'], ['MULTI_ROLE'], {
    offerFilters: { r: { min_allocatable_resources: { quantities: [{ quantities: { disk: { value: 1000 } } }] } } },
  });
  assert.equal(cluster.run()[0]?.frameworkId, 'g');
});

test('resources a framework cannot deal with are left for others', () => {
  const revocable = Resources.of([{ name: 'cpus', type: 'SCALAR', scalar: { value: 2 }, revocable: {} }]);
  const cluster = new TestCluster();
  cluster.framework('plain', ['r']);
  cluster.framework('brave', ['s'], ['MULTI_ROLE', 'REVOCABLE_RESOURCES']);
  cluster.agent('a', parseResources('cpus(r):1').add(revocable));
  assert.deepEqual(cluster.grants(), ['brave@a: cpus{REV}:2', 'plain@a: cpus(reservations: [(STATIC,r)]):1']);
});

test('a shared volume is offered again while in use, but once in a run', () => {
  const volume = Resources.of([
    {
      name: 'disk',
      type: 'SCALAR',
      scalar: { value: 64 },
      reservations: [{ type: 'DYNAMIC', role: 'r' }],
      disk: { persistence: { id: 'v' } },
      shared: {},
    },
  ]);
  const cluster = new TestCluster({ minAllocatable: [] });
  cluster.framework('f', ['r'], ['MULTI_ROLE', 'SHARED_RESOURCES']);
  cluster.framework('g', ['r'], ['MULTI_ROLE', 'SHARED_RESOURCES']);
  cluster.framework('old', ['r']);
  cluster.agent('a', volume);
  const [first, ...others] = cluster.run();
  assert.equal(others.length, 0);
  const [second] = cluster.run();
  assert.notEqual(second?.frameworkId, first?.frameworkId);
  cluster.recover(first!);
  cluster.recover(second!);
  assert.ok(cluster.allocator.available(checkId('a'))?.equals(volume));
});

test('limits hold for a role and all below it', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.framework('g', ['r/s']);
  cluster.allocator.updateQuota('r', quota('', 'cpus:6'));
  cluster.agent('a', 'cpus:4;mem:100');
  cluster.agent('b', 'cpus:4;mem:100');
  cluster.agent('c', 'cpus:4;mem:100');
  const cpus = cluster.run().reduce((sum, { resources }) => sum + resources.scalar('cpus'), 0);
  assert.equal(cpus, 6);
  assert.equal(cluster.allocator.consumedQuota('r').get('cpus'), 6000);
  assert.equal(cluster.allocator.heldQuota('r').get('cpus'), 6000);
});

test('reservations count against the limit, used or not', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.allocator.updateQuota('r', quota('', 'cpus:6'));
  cluster.agent('a', 'cpus(r):5;mem:100');
  cluster.agent('b', 'cpus:4;mem:100');
  assert.deepEqual(cluster.grants(), ['f@a: cpus(reservations: [(STATIC,r)]):5; mem:100', 'f@b: cpus:1; mem:100']);
  assert.equal(cluster.allocator.heldQuota('r').get('cpus'), 1000);
});

test('what is guaranteed to absent frameworks is held back', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['other']);
  cluster.allocator.updateQuota('r', quota('cpus:6', ''));
  cluster.agent('a', 'cpus:4;mem:100');
  cluster.agent('b', 'cpus:4;mem:100');
  const cpus = cluster.run().reduce((sum, { resources }) => sum + resources.scalar('cpus'), 0);
  assert.equal(cpus, 2);
  cluster.framework('g', ['r']);
  const guaranteed = cluster.run().filter(({ frameworkId }) => frameworkId === 'g');
  assert.equal(
    guaranteed.reduce((sum, { resources }) => sum + resources.scalar('cpus'), 0),
    6,
  );
});

test('guarantees come first', () => {
  const cluster = new TestCluster();
  cluster.framework('a-first-by-name', ['a']);
  cluster.framework('f', ['r']);
  cluster.allocator.updateQuota('r', quota('cpus:4;mem:100', ''));
  cluster.agent('x', 'cpus:4;mem:100');
  assert.deepEqual(cluster.grants(), ['f@x: cpus:4; mem:100']);
});

test('resources in use before the framework is known are nobody else’s', () => {
  const cluster = new TestCluster();
  const used = parseResources('cpus:3;mem:50').allocate('r');
  cluster.framework('g', ['r']);
  cluster.agent('a', 'cpus:4;mem:100', {}, undefined, new Map([[checkId('f'), used]]));
  assert.deepEqual(cluster.grants(), ['g@a: cpus:1; mem:50']);
  cluster.framework('f', ['r']);
  cluster.allocator.recover(checkId('f'), 'a', used);
  assert.deepEqual(cluster.grants(), ['f@a: cpus:3; mem:50'], 'f holds less than g');
});

test('all that a removed framework or agent held is forgotten', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100');
  const [grant] = cluster.run();
  cluster.allocator.removeFramework(checkId('f'));
  assert.equal(String(cluster.allocator.available(checkId('a'))), 'cpus:4; mem:100');
  cluster.recover(grant!, 5);
  cluster.framework('f', ['r']);
  assert.equal(cluster.run().length, 1);
  cluster.allocator.removeAgent(checkId('a'));
  cluster.recover(grant!, 5);
  cluster.agent('a', 'cpus:4;mem:100');
  assert.equal(cluster.run().length, 1);
});

test('a framework is removed in steps: it gets nothing meanwhile, and agents may go', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  for (const id of ['a', 'b', 'c']) cluster.agent(id, 'cpus:4;mem:100');
  assert.equal(cluster.run().length, 3);
  const steps = cluster.allocator.removingFramework(checkId('f'));
  cluster.framework('g', ['r']);
  assert.equal(steps.next().done, false);
  const free = ['a', 'b', 'c'].filter(id => !cluster.allocator.available(checkId(id))?.isEmpty);
  assert.equal(free.length, 1);
  assert.deepEqual(cluster.grants(), [`g@${free[0]}: cpus:4; mem:100`]);
  const [gone = '', last = ''] = ['a', 'b', 'c'].filter(id => id !== free[0]);
  cluster.allocator.removeAgent(checkId(gone));
  for (const _ of steps);
  assert.deepEqual(cluster.grants(), [`g@${last}: cpus:4; mem:100`]);
  assert.deepEqual(cluster.explain('f', 'r', last), cluster.explain('none', 'r', last));
});

test('a framework keeps what it holds of a role it has left', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100');
  const [grant] = cluster.run();
  cluster.allocator.updateFramework({
    id: checkId('f'),
    roles: ['s'],
    suppressedRoles: [],
    capabilities: new Set(['MULTI_ROLE']),
  });
  assert.deepEqual(cluster.run(), []);
  cluster.recover(grant!);
  assert.equal(cluster.run()[0]?.role, 's');
  assert.deepEqual(
    [...cluster.allocator.roles].map(({ name }) => name),
    ['s'],
  );
});

test('an operation changes the total and what is held', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100');
  const [grant] = cluster.run();
  const consumed = parseResources('cpus:1').allocate('r');
  const converted = parseResources('cpus:1').pushReservation({ type: 'DYNAMIC', role: 'r' }).allocate('r');
  cluster.allocator.convert(checkId('f'), checkId('a'), consumed, converted);
  cluster.allocator.recover(checkId('f'), 'a', grant!.resources.subtract(consumed).add(converted));
  assert.equal(
    String(cluster.allocator.available(checkId('a'))),
    'cpus:3; mem:100; cpus(reservations: [(DYNAMIC,r)]):1',
  );
});

test('agents that shrink below what is in use offer nothing', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100');
  const [grant] = cluster.run();
  assert.ok(cluster.allocator.updateAgent(checkId('a'), { total: parseResources('cpus:2;mem:100') }));
  assert.equal(cluster.allocator.updateAgent(checkId('a'), { total: parseResources('cpus:2;mem:100') }), false);
  assert.deepEqual(cluster.run(), []);
  cluster.recover(grant!);
  assert.deepEqual(cluster.grants(), ['f@a: cpus:2; mem:100']);
});

test('frameworks on agents with planned maintenance are asked to leave, once, and again after a refusal', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.framework('idle', ['r']);
  cluster.agent('a', 'cpus:4;mem:100');
  cluster.run();
  const asked = () => cluster.allocator.allocateAll().inverse;
  assert.deepEqual(asked(), []);
  const unavailability = { startNs: 1, durationNs: 2 };
  cluster.allocator.updateUnavailability(checkId('a'), unavailability);
  assert.deepEqual(asked(), [{ frameworkId: 'f', agentId: 'a', unavailability }]);
  assert.deepEqual(asked(), []);
  cluster.allocator.inverseOfferAnswered(checkId('f'), checkId('a'), { refuse_seconds: 10 });
  assert.deepEqual(asked(), []);
  cluster.clock.nowMs += 10_000;
  assert.equal(asked().length, 1);
});
