/** Agents whose ports are not used up (`--shared_ports`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkId } from '@meseta/protocol';
import { parseMinAllocatable, Resources } from '@meseta/resources';
import { parseResources } from '@meseta/resources/testing';
import { modernAgent, TestCluster } from './testing.ts';

const sharing = modernAgent.union(new Set(['SHARED_PORTS' as const]));

/** An agent with shared ports, and a framework which has one of its CPUs and a port. */
function setUp(total = 'cpus:4;mem:128;ports:[1-9]', options: ConstructorParameters<typeof TestCluster>[0] = {}) {
  const cluster = new TestCluster(options);
  cluster.framework('f', ['r']);
  cluster.framework('g', ['s']);
  const used = parseResources('cpus:1;mem:32;ports:[5-5]').allocate('r');
  cluster.agent('a', total, {}, sharing, new Map([[checkId('f'), used]]));
  return { cluster, used };
}

test('every framework is offered all ports, while a task and offers have them', () => {
  const { cluster, used } = setUp();
  assert.deepEqual(cluster.grants(), ['g@a: cpus:3; mem:96; ports:[1-9]']);
  cluster.recover({ frameworkId: checkId('f'), agentId: checkId('a'), role: 'r', resources: used });
  cluster.allocator.suppress(checkId('g'));
  assert.deepEqual(cluster.grants(), ['f@a: cpus:1; mem:32; ports:[1-9]']);
});

test('ports alone are never offered, whatever the least of an offer is', () => {
  const { cluster } = setUp('cpus:1;mem:32;ports:[1-9]', { minAllocatable: parseMinAllocatable('') });
  assert.deepEqual(cluster.grants(), []);
  assert.equal(cluster.explain('g', 's', 'a')[0]?.reason, 'NOTHING_AVAILABLE');
  assert.equal(cluster.allocator.questionAbout(['a']), undefined);
  const ports = parseResources('ports:[1-2]');
  const choice = { agentId: 'a', frameworkId: 'g', role: 's', resources: ports };
  assert.deepEqual(cluster.allocator.allocateChosen(['a'], [choice]).grants, []);
});

test('a refusal of an offer whose ports were used holds for the next one with other ports', () => {
  const { cluster } = setUp();
  const [grant] = cluster.run();
  assert.ok(grant);
  const declined = grant.resources.subtract(parseResources('cpus:1;ports:[1-4]').allocate('s'));
  cluster.recover({ ...grant, resources: declined }, 60);
  cluster.allocator.suppress(checkId('f'));
  assert.deepEqual(cluster.grants(), []);
  assert.equal(cluster.explain('g', 's', 'a')[0]?.reason, 'FILTERED');
});

test('reserved ports are offered to their role only, and to all of its frameworks', () => {
  const { cluster } = setUp('cpus:4;mem:128;ports(r):[1-9]');
  assert.deepEqual(cluster.grants(), ['g@a: cpus:3; mem:96']);
  cluster.allocator.removeFramework(checkId('g'));
  cluster.framework('h', ['r']);
  assert.match(cluster.grants().join(), /^[fh]@a: cpus:3; mem:96; ports\(reservations: \[\(STATIC,r\)\]\):\[1-9\]$/);
});

test('an agent may come back with the other choice: ports are taken from others, or free', () => {
  const { cluster, used } = setUp();
  const agentId = checkId<'agent'>('a');
  const ports = () => String(cluster.allocator.available(agentId)?.filter(({ name }) => name === 'ports'));
  assert.equal(ports(), 'ports:[1-9]');
  assert.ok(
    cluster.allocator.updateAgent(agentId, { capabilities: modernAgent }, () => new Map([[checkId('f'), used]])),
  );
  assert.equal(ports(), 'ports:[1-4, 6-9]');
  assert.ok(cluster.allocator.updateAgent(agentId, { capabilities: sharing }));
  assert.equal(ports(), 'ports:[1-9]');
  cluster.allocator.recover(checkId('f'), 'a', used);
  assert.equal(String(cluster.allocator.available(agentId)), 'cpus:4; mem:128; ports:[1-9]');
});

test('a framework that holds ports alone can be removed, and its agent too', () => {
  const cluster = new TestCluster();
  cluster.framework('f', ['r']);
  cluster.agent('a', 'cpus:4;mem:128;ports:[1-9]', {}, modernAgent);
  const ports = parseResources('ports:[5-5]').allocate('r');
  const agentId = checkId<'agent'>('a');
  cluster.allocator.convert(checkId('f'), agentId, Resources.empty, ports);
  cluster.allocator.updateAgent(agentId, { capabilities: sharing });
  cluster.allocator.removeFramework(checkId('f'));
  cluster.allocator.removeAgent(agentId);
  assert.equal(cluster.allocator.dominantShare('r'), 0);
});
