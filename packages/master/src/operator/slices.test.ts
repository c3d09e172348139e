/** Changes by operators that concern all offers or all agents, and take many turns of the event loop. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { shortSlices } from '../testing/short-slices.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';
import { startMaintenance, updateMaintenanceSchedule, updateQuota } from './index.ts';

/** Four agents, all of which are offered to a framework. */
async function withOffers(t: TestContext) {
  const master = await startSchedulingMaster(t);
  const peers = [await master.agent(), await master.agent(), await master.agent(), await master.agent()];
  const scheduler = await TestScheduler.start(t, master.address, { roles: ['web'] });
  const { context } = master;
  const { cluster } = context;
  for (const { id } of cluster.agents.values()) master.grantAll(scheduler.frameworkId, id, 'web');
  assert.equal(cluster.offers.size, 4);
  const restore = shortSlices(t);
  /** Waits until a change has begun, and has not ended. */
  const begun = async (count: () => number) => {
    for (let turn = 0; count() === 4 && turn < 100; turn++) await nextTurn();
    assert.ok(count() > 0 && count() < 4, `${count()} of 4 are left in the middle`);
  };
  return { master, context, cluster, peers, scheduler, restore, begun };
}

const cpus = (value: number) => ({ cpus: { value } });

test('a limit takes back the offers of its role over several turns, and is in force from the first', async t => {
  const { master, context, cluster, begun } = await withOffers(t);
  const answered = updateQuota(context, [{ role: 'web', limits: cpus(1) }], true);
  await begun(() => cluster.offers.size);
  assert.equal(master.askedFor('updateQuota').length, 1);
  const [, gone] = [...cluster.offers.values()];
  assert.ok(gone);
  context.offers.discard(gone); // as when the framework declines it
  await answered;
  assert.equal(cluster.offers.size, 0);
  assert.equal(master.askedFor('recover').length, 4, 'each is given back once');
});

test('of two changes of a quota, the later one stays in force, though the offers for both are taken back', async t => {
  const { master, context, cluster, begun } = await withOffers(t);
  const first = updateQuota(
    context,
    ['web', 'batch'].map(role => ({ role, limits: cpus(1) })),
    true,
  );
  await begun(() => cluster.offers.size);
  await updateQuota(context, [{ role: 'batch', limits: cpus(2) }], true);
  await first;
  const configs = master.askedFor('updateQuota').map(([config]) => config);
  assert.deepEqual(configs.at(-1), { role: 'batch', limits: cpus(2) });
});

test('a guarantee takes back offers until it is covered', async t => {
  const { context, cluster } = await withOffers(t);
  await updateQuota(context, [{ role: 'other', guarantees: cpus(5) }], true);
  assert.equal(cluster.offers.size, 2);
});

const schedule = (hostnames: readonly (string | undefined)[], nanoseconds: number) => ({
  windows: [
    {
      machine_ids: hostnames.map(hostname => ({ ...(hostname !== undefined && { hostname }), ip: '127.0.0.1' })),
      unavailability: { start: { nanoseconds } },
    },
  ],
});

test('a schedule reaches agents over several turns; of two, all agents have the later one', async t => {
  const { context, cluster, begun } = await withOffers(t);
  const hostnames = [...new Set([...cluster.agents.values()].map(({ info }) => info.hostname))];
  const first = updateMaintenanceSchedule(context, schedule(hostnames, 1e9));
  await begun(() => [...cluster.agents.values()].filter(({ unavailability }) => !unavailability).length);
  await updateMaintenanceSchedule(context, schedule(hostnames, 2e9));
  await first;
  for (const { unavailability, offers } of cluster.agents.values()) {
    assert.deepEqual([unavailability?.start.nanoseconds, offers.size], [2e9, 0]);
  }
});

test('machines go down over several turns', async t => {
  const { context, cluster, begun } = await withOffers(t);
  const hostnames = [...new Set([...cluster.agents.values()].map(({ info }) => info.hostname))];
  await updateMaintenanceSchedule(context, schedule(hostnames, 1e9));
  const ids = hostnames.map(hostname => ({ hostname, ip: '127.0.0.1' }));
  const down = startMaintenance(context, ids);
  await begun(() => [...cluster.agents.values()].filter(({ active }) => active).length);
  await down;
  assert.equal(cluster.agents.size, 0);
});
