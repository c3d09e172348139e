/** The allocation of a master whose time is set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jsonPieces, unfiltered } from '@meseta/daemon';
import { eventually, FakeClock } from '@meseta/system/testing';
import { offersView } from './explain/index.ts';
import { MasterAllocation } from './master-allocation.ts';
import { startSchedulingMaster } from './testing/scheduling-master.ts';
import { TestScheduler } from './testing/test-scheduler.ts';

for (const setMs of [3_600_000, -3_600_000]) {
  test(`a refusal holds as long as the framework said when the clock is set by ${setMs} ms`, async t => {
    const clock = new FakeClock();
    const { context, address, agent } = await startSchedulingMaster(t, {
      clock,
      allocation: context => new MasterAllocation(context),
    });
    const { cluster } = context;
    /** Seconds pass, each with time for what they bring. */
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000);
        for (let turn = 0; turn < 10; turn++) await nextTurn();
      }
    };
    const scheduler = await TestScheduler.start(t, address);
    await agent();
    await pass(2);
    const offer = await scheduler.nextOffer();
    const filters = { refuse_seconds: 30 };
    await scheduler.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters } });
    await eventually('the refusal', () => cluster.offers.size === 0);
    clock.set(setMs);
    await pass(25);
    assert.equal(cluster.offers.size, 0);
    await pass(10);
    assert.equal(cluster.offers.size, 1);
  });
}

for (const setMs of [3_600_000, -3_600_000]) {
  test(`how long an offer is held, and how long it lasts, is shown as it is when the clock is set by ${setMs} ms`, async t => {
    const clock = new FakeClock();
    const { context, address, agent, grantAll } = await startSchedulingMaster(t, {
      clock,
      argv: ['--offer_timeout=60secs'],
    });
    const { id = '' } = await agent();
    const { frameworkId } = await TestScheduler.start(t, address);
    grantAll(frameworkId, id);
    clock.set(setMs);
    clock.advance(5000);
    const { offers } = JSON.parse([...jsonPieces(offersView(context, unfiltered))].join(''));
    assert.deepEqual([offers[0].held_seconds, offers[0].left_seconds], [5, 55]);
  });
}
