import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentInfo, checkId, type FrameworkInfoCapabilityType } from '@meseta/protocol';
import { parseQuantities } from '@meseta/resources/testing';
import { OfferConstraints, type Refusal } from '../index.ts';
import { modernAgent, TestCluster } from '../testing.ts';

const region = (name: string): Partial<AgentInfo> => ({
  domain: { fault_domain: { region: { name }, zone: { name: 'z' } } },
});

const cases: {
  name: string;
  reasons: Refusal['reason'][];
  capabilities?: FrameworkInfoCapabilityType[];
  role?: string;
  total?: string;
  info?: Partial<AgentInfo>;
  oldAgent?: true;
  constraints?: OfferConstraints;
  prepare?: (cluster: TestCluster) => void;
}[] = [
  { name: 'nothing', reasons: [] },
  { name: 'GPUs', reasons: ['NO_GPU_CAPABILITY'], total: 'cpus:1;gpus:1' },
  {
    name: 'GPUs for who wants them',
    reasons: [],
    total: 'cpus:1;gpus:1',
    capabilities: ['MULTI_ROLE', 'GPU_RESOURCES'],
  },
  { name: 'another region', reasons: ['NOT_REGION_AWARE'], info: region('far') },
  { name: 'the same region', reasons: [], info: region('here') },
  {
    name: 'another region for who can',
    reasons: [],
    info: region('far'),
    capabilities: ['MULTI_ROLE', 'REGION_AWARE'],
  },
  { name: 'an old agent', reasons: ['AGENT_NOT_MULTI_ROLE'], oldAgent: true },
  { name: 'an old agent and an old framework', reasons: [], oldAgent: true, capabilities: [] },
  {
    name: 'an old agent and a role below another',
    reasons: ['AGENT_NOT_HIERARCHICAL'],
    oldAgent: true,
    capabilities: [],
    role: 'a/b',
  },
  {
    name: 'constraints',
    reasons: ['OFFER_CONSTRAINTS'],
    constraints: new OfferConstraints(
      {
        role_constraints: {
          r: {
            groups: [{ attribute_constraints: [{ selector: { attribute_name: 'gone' }, predicate: { exists: {} } }] }],
          },
        },
      },
      100,
    ),
  },
  { name: 'whitelist', reasons: ['NOT_WHITELISTED'], prepare: ({ allocator }) => allocator.updateWhitelist(new Set()) },
  { name: 'agent', reasons: ['AGENT_INACTIVE'], prepare: ({ allocator }) => allocator.deactivateAgent(checkId('a')) },
  {
    name: 'framework',
    reasons: ['FRAMEWORK_INACTIVE'],
    prepare: ({ allocator }) => allocator.deactivateFramework(checkId('f')),
  },
  { name: 'suppressed', reasons: ['SUPPRESSED'], prepare: ({ allocator }) => allocator.suppress(checkId('f')) },
  { name: 'all gone', reasons: ['NOTHING_AVAILABLE'], prepare: cluster => void cluster.run() },
  { name: 'too little', reasons: ['TOO_SMALL'], total: 'cpus:0.001;mem:1' },
  {
    name: 'declined',
    reasons: ['FILTERED'],
    prepare: cluster => cluster.recover(cluster.run()[0]!, 100),
  },
  {
    name: 'limit',
    reasons: ['QUOTA'],
    prepare: ({ allocator }) =>
      allocator.updateQuota('r', {
        guarantees: new Map(),
        limits: new Map([
          ['cpus', 0],
          ['mem', 0],
        ]),
      }),
  },
  {
    name: 'headroom',
    reasons: ['QUOTA'],
    prepare: ({ allocator }) =>
      allocator.updateQuota('other', { guarantees: parseQuantities('cpus:100;mem:1000'), limits: new Map() }),
  },
];
for (const { name, reasons, capabilities, role = 'r', total, info, oldAgent, constraints, prepare } of cases) {
  test(`${name}: ${reasons.join() || 'offered'}`, () => {
    const cluster = new TestCluster({ region: 'here' });
    cluster.framework('f', [role], capabilities, constraints && { constraints });
    cluster.agent('a', total ?? 'cpus:4;mem:100', info, oldAgent ? new Set() : modernAgent);
    prepare?.(cluster);
    assert.deepEqual(
      cluster.explain('f', role, 'a').map(({ reason }) => reason),
      reasons,
    );
    assert.equal(cluster.run().length, reasons.length === 0 ? 1 : 0, 'a run agrees');
  });
}

test('a framework is in no role it did not name', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r', 'q']);
  cluster.agent('a', 'cpus:4;mem:100');
  assert.deepEqual(cluster.explain('f', 's', 'a'), [{ reason: 'NOT_SUBSCRIBED', roles: ['r', 'q'] }]);
});

test('who holds what, and what is reserved for others', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100;cpus(s):2');
  cluster.run();
  cluster.framework('g', ['r']);
  const [refusal] = cluster.explain('g', 'r', 'a');
  assert.ok(refusal?.reason === 'NOTHING_AVAILABLE');
  assert.deepEqual([...refusal.held.keys()], ['f']);
  assert.deepEqual(refusal.held.get('f'), parseQuantities('cpus:4;mem:100'));
  assert.deepEqual(refusal.withheld, parseQuantities('cpus:2'));
});

test('by how much an agent is too small, for each alternative', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:0.004;mem:20');
  const [refusal] = cluster.explain('f', 'r', 'a');
  assert.ok(refusal?.reason === 'TOO_SMALL');
  assert.deepEqual(refusal.shortfalls, [
    { minimum: parseQuantities('cpus:0.01'), missing: parseQuantities('cpus:0.006') },
    { minimum: parseQuantities('mem:32'), missing: parseQuantities('mem:12') },
  ]);
});

test('whose quota, its limits and what is consumed of them', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r/s']);
  cluster.agent('a', 'cpus:4;mem:100');
  const limits = new Map([
    ['cpus', 0],
    ['mem', 0],
  ]);
  cluster.allocator.updateQuota('r', { guarantees: new Map(), limits });
  assert.deepEqual(cluster.explain('f', 'r/s', 'a'), [{ reason: 'QUOTA', role: 'r', limits, consumed: new Map() }]);
});

test('how much longer a refusal holds', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:100');
  cluster.recover(cluster.run()[0]!, 100);
  cluster.clock.nowMs += 30_000;
  assert.deepEqual(cluster.explain('f', 'r', 'a'), [{ reason: 'FILTERED', leftMs: 70_000 }]);
});
