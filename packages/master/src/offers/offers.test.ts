/** Offers of many agents, which are made a few milliseconds at a time. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkId } from '@meseta/protocol';
import { FakeClock } from '@meseta/system/testing';
import type { Grant } from '../allocation.ts';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { shortSlices } from '../testing/short-slices.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';

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
  return { master, clock, scheduler, cluster, offers, grants };
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
    [grants[0], grants[2]].map(grant => [grant?.agentId, clock.now() + 30_000]),
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
