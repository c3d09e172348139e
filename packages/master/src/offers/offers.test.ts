/** Offers of many agents, which are made a few milliseconds at a time. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkId } from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import { deactivateAgent } from '../agents/activation.ts';
import type { Grant } from '../allocation.ts';
import { disconnectFramework } from '../frameworks/disconnect.ts';
import { subscribe } from '../frameworks/subscribe.ts';
import type { SchedulerConnection } from '../state/framework.ts';
import { type SchedulingMaster, startSchedulingMaster } from '../testing/scheduling-master.ts';
import { shortSlices } from '../testing/short-slices.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';
import { offerIdsProblem } from './validation/offer-ids.ts';

/** A master with a framework and three agents, and grants of all of them. */
async function setUp(t: TestContext) {
  const clock = new FakeClock();
  const master = await startSchedulingMaster(t, { clock, argv: ['--offer_timeout=30secs'] });
  for (let count = 0; count < 3; count++) await master.agent();
  const scheduler = await TestScheduler.start(t, master.address);
  const { cluster, offers } = master.context;
  const frameworkId = checkId<'framework'>(scheduler.frameworkId);
  const grants = [...cluster.agents.values()].map(
    (agent): Grant => ({ frameworkId, agentId: agent.id, role: '*', resources: agent.total.allocate('*') }),
  );
  return { master, clock, scheduler, cluster, offers, grants, frameworkId };
}

test('a turn of the event loop lies between the offers of many agents, in which an agent may be removed', async t => {
  const { master, clock, scheduler, cluster, offers, grants } = await setUp(t);
  const restore = shortSlices(t);
  offers.make(grants);
  assert.equal(cluster.offers.size, 1, 'the first ones are made at once');
  const [, second] = [...cluster.agents.values()];
  assert.ok(second);
  cluster.removeAgent(second);
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  restore();
  assert.equal(cluster.offers.size, 2);
  assert.deepEqual(
    [...cluster.offers.values()].map(({ agentId, expiresAt }) => [agentId, expiresAt]),
    [grants[0], grants[2]].map(grant => [grant?.agentId, clock.steady() + 30_000]),
  );
  for (const agentId of [grants[0]?.agentId, grants[2]?.agentId]) {
    const { offers: sent } = await scheduler.next('OFFERS');
    assert.deepEqual(
      sent?.offers?.map(({ agent_id }) => agent_id.value),
      [agentId],
    );
  }
  assert.equal(master.askedFor('recover').length, 0, 'a removed agent has nothing to give back');
});

test('maintenance that is moved while agents are asked for it is not asked for any more', async t => {
  const { scheduler, cluster, offers, grants } = await setUp(t);
  const [first, second, third] = [...cluster.agents.values()];
  assert.ok(first && second && third);
  const restore = shortSlices(t);
  offers.makeInverse(
    grants.map(({ frameworkId, agentId }) => ({ frameworkId, agentId, unavailability: { startNs: 1 } })),
  );
  second.unavailability = { start: { nanoseconds: 2 } };
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  restore();
  const asked = [...cluster.inverseOffers.values()].map(({ agentId }) => agentId);
  assert.deepEqual(asked, [first.id, third.id]);
  await scheduler.next('INVERSE_OFFERS');
  await scheduler.next('INVERSE_OFFERS');
});

/** The offers of three agents are out, and their framework is about to go. */
async function withOffers(t: TestContext) {
  const parts = await setUp(t);
  const { scheduler, cluster, offers, grants, frameworkId } = parts;
  offers.make(grants);
  await scheduler.next('OFFERS');
  const framework = cluster.frameworks.get(frameworkId);
  assert.ok(framework);
  return { ...parts, framework };
}

/** The agents whose resources were given back, in order. */
const givenBack = (master: SchedulingMaster) => master.askedFor('recover').map(([, agentId]) => agentId);

test('offers of a framework that goes away are void at once, and given back over several turns', async t => {
  const { master, cluster, grants, framework } = await withOffers(t);
  const { connection } = framework;
  assert.ok(connection);
  const ids = [...framework.offers.keys()].map(value => ({ value }));
  const restore = shortSlices(t);
  disconnectFramework(master.context, framework, connection);
  assert.deepEqual([framework.offers.size, cluster.offers.size, framework.offered.isEmpty], [0, 0, true]);
  assert.equal(givenBack(master).length, 1);
  const [, second] = cluster.agents.values();
  assert.equal(second?.offers.size, 1, 'its turn has not come');
  for (const id of ids) assert.equal(offerIdsProblem([id], framework, cluster), `Offer ${id.value} is no longer valid`);
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  restore();
  assert.deepEqual(
    givenBack(master),
    grants.map(({ agentId }) => agentId),
  );
  for (const agent of cluster.agents.values()) assert.deepEqual([agent.offers.size, agent.offered.isEmpty], [0, true]);
});

test('an agent that goes while offers are given back gives its own back once', async t => {
  const { master, cluster, grants, framework } = await withOffers(t);
  const { connection } = framework;
  const [, second, third] = [...cluster.agents.values()];
  assert.ok(connection && second && third);
  const restore = shortSlices(t);
  disconnectFramework(master.context, framework, connection);
  deactivateAgent(master.context, third);
  assert.equal(third.offers.size, 0);
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  restore();
  assert.deepEqual(
    givenBack(master),
    [grants[0], grants[2], grants[1]].map(grant => grant?.agentId),
  );
});

test('a framework that comes back while its offers are given back keeps the new ones, and hears of no others', async t => {
  const { master, cluster, offers, grants, framework } = await withOffers(t);
  const { connection } = framework;
  const [first, second] = [...cluster.agents.values()];
  assert.ok(connection && first && second && grants[0]);
  const restore = shortSlices(t);
  disconnectFramework(master.context, framework, connection);
  const events: string[] = [];
  const next: SchedulerConnection = {
    kind: 'http',
    open: () => events.push('SUBSCRIBED'),
    send: ({ type = '' }) => events.push(type),
    close: () => undefined,
  };
  const request = { info: framework.info, suppressedRoles: [], offerConstraints: undefined };
  subscribe(master.context, request, next, () => true);
  offers.make([grants[0]]);
  deactivateAgent(master.context, second);
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  restore();
  assert.deepEqual(
    [...framework.offers.values()].map(({ agentId }) => agentId),
    [first.id],
  );
  assert.ok(framework.offered.equals(first.offered));
  assert.deepEqual(events, ['SUBSCRIBED', 'OFFERS']);
  assert.deepEqual(new Set(givenBack(master)), new Set(cluster.agents.keys()));
});
