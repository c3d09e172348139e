import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Offer, SchedulerEvent } from '@meseta/protocol';
import { BuiltInConnection } from './built-in-connection.ts';

const offer = (id: number): Offer => ({
  ...{ id: { value: `${id}` }, framework_id: { value: 'f' }, agent_id: { value: 'a' }, hostname: 'h' },
});

function opened(): { readonly connection: BuiltInConnection; readonly handled: string[][] } {
  const handled: string[][] = [];
  const connection = new BuiltInConnection({
    event: ({ type, offers }) => handled.push(offers ? (offers.offers ?? []).map(({ id }) => id.value) : [`${type}`]),
    closed: () => undefined,
    failed: error => {
      throw error;
    },
  });
  connection.open({ framework_id: { value: 'f' } });
  return { connection, handled };
}

test('many offers are handled a few at a time, in their order, and before what comes later', async () => {
  const { connection, handled } = opened();
  const offers = Array.from({ length: 100 }, (_, index) => offer(index));
  const events: SchedulerEvent[] = [{ type: 'OFFERS', offers: { offers } }, { type: 'HEARTBEAT' }];
  for (const event of events) connection.send(event);
  assert.deepEqual(handled, []);
  while (handled.at(-1)?.[0] !== 'HEARTBEAT') await turn();
  const bundles = handled.slice(0, -1);
  assert.deepEqual(bundles.flat(), [...offers.keys()].map(String));
  assert.ok(bundles.every(({ length }) => length <= 16));
});

test('what has not been handled when it ends is not', async () => {
  const { connection, handled } = opened();
  connection.send({ type: 'OFFERS', offers: { offers: Array.from({ length: 100 }, (_, index) => offer(index)) } });
  connection.end();
  await turn();
  assert.deepEqual(handled, []);
});
