/** Explanations and runs agree: an agent without reasons is exactly one that the next run may offer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentInfo, checkId, type FrameworkInfoCapabilityType } from '@meseta/protocol';
import { containsQuantities, type Quantities, Resources } from '@meseta/resources';
import { parseQuantities, parseResources } from '@meseta/resources/testing';
import fc from 'fast-check';
import { type AllocatorReason, type Grant, OfferConstraints } from './index.ts';
import { modernAgent, TestCluster } from './testing.ts';

const roles = ['a', 'a/x', 'b', 'c'];
const frameworkIds = ['f', 'g', 'h', 'i'];
const agentIds = ['x', 'y', 'z'];
const totals = [
  'cpus:4;mem:512;ports:[1-9]',
  'cpus:1;mem:64;gpus:1',
  'cpus(a):2;cpus:2;mem(b):64;mem:64',
  'cpus:8;mem:64;disk:10',
  'cpus:0.005;mem:1',
];
const sizes = ['', 'cpus:1', 'cpus:2;mem:64', 'mem:100', 'cpus:16', 'disk:1'];
const amounts = ['', 'cpus:1', 'cpus:5;mem:200', 'cpus:20', 'mem:0.001'];
const regions = [undefined, 'here', 'far'];

const constraints = new OfferConstraints(
  {
    role_constraints: Object.fromEntries(
      ['a', 'b'].map(role => [
        role,
        {
          groups: [
            {
              attribute_constraints: [
                { selector: { attribute_name: 'rack' }, predicate: { text_equals: { value: 'r1' } } },
              ],
            },
          ],
        },
      ]),
    ),
  },
  100,
);

const framework = fc.record({
  roles: fc.subarray(roles, { minLength: 1 }),
  suppressed: fc.subarray(roles),
  capabilities: fc.subarray<FrameworkInfoCapabilityType>([
    'MULTI_ROLE',
    'GPU_RESOURCES',
    'REGION_AWARE',
    'SHARED_RESOURCES',
    'REVOCABLE_RESOURCES',
    'RESERVATION_REFINEMENT',
  ]),
  isConstrained: fc.boolean(),
  minimum: fc.constantFrom(undefined, '', 'cpus:2', 'mem:100'),
});
const agent = fc.record({
  total: fc.constantFrom(...totals),
  dynamic: fc.constantFrom(undefined, 'a', 'b'),
  isRefined: fc.boolean(),
  isRevocable: fc.boolean(),
  region: fc.constantFrom(...regions),
  rack: fc.constantFrom('r1', 'r2'),
  isOld: fc.boolean(),
  sharesPorts: fc.boolean(),
});
type AgentChoice = typeof agent extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ type: 'run' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('decline' as const),
      which: fc.nat(20),
      seconds: fc.constantFrom(0, 2, 100),
    }),
  },
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(100, 3000, 200_000) }),
  fc.record({
    type: fc.constant('suppress' as const),
    id: fc.constantFrom(...frameworkIds),
    role: fc.constantFrom(...roles),
  }),
  fc.record({ type: fc.constant('revive' as const), id: fc.constantFrom(...frameworkIds) }),
  fc.record({ type: fc.constant('disconnect' as const), id: fc.constantFrom(...frameworkIds) }),
  fc.record({ type: fc.constant('deactivate' as const), id: fc.constantFrom(...agentIds) }),
  fc.record({ type: fc.constant('whitelist' as const), hosts: fc.subarray(agentIds) }),
  fc.record({ type: fc.constant('maintenance' as const), id: fc.constantFrom(...agentIds) }),
  fc.record({ type: fc.constant('weight' as const), role: fc.constantFrom(...roles), weight: fc.constantFrom(0.1, 7) }),
  fc.record({
    type: fc.constant('quota' as const),
    role: fc.constantFrom('a', 'b', 'c'),
    guarantees: fc.constantFrom(...amounts),
    limits: fc.constantFrom(...amounts),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const scene = fc.record({
  frameworks: fc.array(framework, { minLength: 1, maxLength: frameworkIds.length }),
  agents: fc.array(agent, { minLength: 1, maxLength: agentIds.length }),
  steps: fc.array(step, { maxLength: 25 }),
});
type SceneChoice = typeof scene extends fc.Arbitrary<infer T> ? T : never;

/** Makes a cluster and does the steps: the same each time. */
function play({ frameworks, agents, steps }: SceneChoice): TestCluster {
  const cluster = new TestCluster({ region: 'here' });
  for (const [index, each] of frameworks.entries()) {
    const minimum = each.minimum === undefined ? undefined : parseQuantities(each.minimum);
    const own = each.capabilities.includes('MULTI_ROLE') ? each.roles : each.roles.slice(0, 1);
    cluster.framework(frameworkIds[index]!, own, each.capabilities, {
      suppressedRoles: each.suppressed,
      ...(each.isConstrained && { constraints }),
      ...(minimum && { offerFilters: Object.fromEntries(own.map(role => [role, filterOf(minimum)])) }),
    });
  }
  for (const [index, each] of agents.entries()) addAgent(cluster, agentIds[index]!, each);
  const held: Grant[] = [];
  for (const one of steps) perform(cluster, one, held);
  return cluster;
}

function filterOf(minimum: Quantities) {
  const quantities = Object.fromEntries([...minimum].map(([name, amount]) => [name, { value: amount / 1000 }]));
  return { min_allocatable_resources: { quantities: minimum.size > 0 ? [{ quantities }] : [] } };
}

function addAgent(cluster: TestCluster, id: string, choice: AgentChoice): void {
  const { total, dynamic, isRefined, isRevocable, region, rack, isOld, sharesPorts } = choice;
  let resources = parseResources(total);
  if (dynamic !== undefined) {
    const cpus = resources.unreserved().filter(({ name }) => name === 'cpus');
    let reserved = cpus.pushReservation({ type: 'DYNAMIC', role: dynamic });
    if (isRefined) reserved = reserved.pushReservation({ type: 'DYNAMIC', role: `${dynamic}/x` });
    resources = resources.subtract(cpus).add(reserved);
  }
  if (isRevocable)
    resources = resources.add(Resources.of([{ name: 'cpus', type: 'SCALAR', scalar: { value: 3 }, revocable: {} }]));
  const info: Partial<AgentInfo> = {
    attributes: [{ name: 'rack', type: 'TEXT', text: { value: rack } }],
    ...(region !== undefined && { domain: { fault_domain: { region: { name: region }, zone: { name: 'z' } } } }),
  };
  const capabilities = isOld ? new Set<never>() : modernAgent;
  cluster.agent(
    id,
    resources,
    info,
    sharesPorts ? capabilities.union(new Set(['SHARED_PORTS' as const])) : capabilities,
  );
}

function perform({ allocator, clock }: TestCluster, step: Step, held: Grant[]): void {
  switch (step.type) {
    case 'run':
      held.push(...allocator.allocateAll().grants);
      break;
    case 'decline': {
      const [grant] = held.splice(step.which % Math.max(1, held.length), 1);
      if (!grant) break;
      allocator.recover(grant.frameworkId, grant.agentId, grant.resources, { refuse_seconds: step.seconds });
      break;
    }
    case 'wait':
      clock.nowMs += step.ms;
      break;
    case 'suppress':
      allocator.suppress(checkId(step.id), [step.role]);
      break;
    case 'revive':
      allocator.revive(checkId(step.id));
      break;
    case 'disconnect':
      allocator.deactivateFramework(checkId(step.id));
      break;
    case 'deactivate':
      allocator.deactivateAgent(checkId(step.id));
      break;
    case 'whitelist':
      allocator.updateWhitelist(new Set(step.hosts));
      break;
    case 'maintenance':
      allocator.updateUnavailability(checkId(step.id), { startNs: 1 });
      break;
    case 'weight':
      allocator.updateWeight(step.role, step.weight);
      break;
    default: {
      const [guarantees, limits] = [parseQuantities(step.guarantees), parseQuantities(step.limits)];
      // The master refuses a guarantee above its limit.
      if ([...limits].some(([name, limit]) => (guarantees.get(name) ?? 0) > limit)) break;
      allocator.updateQuota(step.role, { guarantees, limits });
    }
  }
}

const isBlocking = ({ reason }: AllocatorReason) => reason !== 'LOWER_SHARE';

/** Everything that a framework can be asked about in a scene. */
function* questions({ frameworks, agents }: SceneChoice) {
  for (const id of frameworkIds.slice(0, frameworks.length))
    for (const role of roles) for (const agentId of agentIds.slice(0, agents.length)) yield { id, role, agentId };
}

/** What one framework in one role would be given of one agent, if nobody else wanted anything. */
function alone(choice: SceneChoice, id: string, role: string, agentId: string): Resources {
  const { allocator } = play(choice);
  for (const other of frameworkIds.slice(0, choice.frameworks.length)) {
    if (other !== id) allocator.deactivateFramework(checkId(other));
  }
  const others = roles.filter(each => each !== role);
  allocator.suppress(checkId(id), others);
  const { grants } = allocator.allocate([agentId]);
  return Resources.sum(
    grants.filter(grant => grant.frameworkId === id && grant.role === role).map(({ resources }) => resources),
  );
}

test('without a blocking reason, and only then, a framework gets an agent that nobody else wants', () => {
  fc.assert(
    fc.property(scene, fc.constantFrom(...sizes), (choice, size) => {
      for (const { id, role, agentId } of questions(choice)) {
        const reasons = play(choice).reasons(id, role, agentId, size).filter(isBlocking);
        const given = alone(choice, id, role, agentId);
        const isGiven = !given.isEmpty && containsQuantities(given.quantities(), parseQuantities(size));
        const names = reasons.map(({ reason }) => reason);
        assert.equal(
          names.length === 0,
          isGiven,
          `${id} in ${role} on ${agentId}, '${size}': ${names}; given ${given}`,
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('without any reason, a framework gets the agent in a run with all others', () => {
  fc.assert(
    fc.property(scene, fc.constantFrom(...sizes), (choice, size) => {
      for (const { id, role, agentId } of questions(choice)) {
        const cluster = play(choice);
        const reasons = cluster.reasons(id, role, agentId, size);
        const grants = cluster.allocator.allocate([agentId]).grants;
        const given = Resources.sum(
          grants.filter(grant => grant.frameworkId === id && grant.role === role).map(({ resources }) => resources),
        );
        const isGiven = !given.isEmpty && containsQuantities(given.quantities(), parseQuantities(size));
        if (reasons.length === 0) assert.ok(isGiven, `${id} in ${role} on ${agentId}: nothing in the way`);
        if (isGiven)
          assert.ok(!reasons.some(isBlocking), `${id} in ${role} on ${agentId}: given, and ${reasons[0]?.reason}`);
      }
    }),
    { numRuns: 150 },
  );
});

test('whatever a run over all agents grants had nothing in its way before', () => {
  fc.assert(
    fc.property(scene, choice => {
      const cluster = play(choice);
      const before = new Map(
        [...questions(choice)].map(({ id, role, agentId }) => [
          `${id} ${role} ${agentId}`,
          cluster.reasons(id, role, agentId).filter(isBlocking),
        ]),
      );
      for (const { frameworkId, role, agentId } of cluster.run()) {
        assert.deepEqual(before.get(`${frameworkId} ${role} ${agentId}`), []);
      }
    }),
    { numRuns: 150 },
  );
});

test('asking changes nothing', () => {
  fc.assert(
    fc.property(scene, choice => {
      const [asked, other] = [play(choice), play(choice)];
      for (const { id, role, agentId } of questions(choice)) asked.reasons(id, role, agentId, 'cpus:1');
      assert.deepEqual(asked.grants(), other.grants());
    }),
    { numRuns: 100 },
  );
});
