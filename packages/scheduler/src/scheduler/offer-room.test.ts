import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Offer, Resource } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import fc from 'fast-check';
import { amountsOf, OfferRoom } from './offer-room.ts';

const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role: 'r' },
  ...more,
});
const reservations = [{ type: 'DYNAMIC', role: 'r' } as const];
const ids = { id: { value: 'o' }, framework_id: { value: 'f' }, agent_id: { value: 'a' }, hostname: 'h' };
const volume = scalar('disk', 10, { disk: { persistence: { id: 'v' } }, reservations });
const offer: Offer = {
  ...ids,
  resources: [
    scalar('cpus', 1),
    scalar('cpus', 0.5, { reservations }),
    scalar('cpus', 4, { revocable: {} }),
    scalar('mem', 64),
    volume,
    {
      ...{ name: 'ports', type: 'RANGES', allocation_info: { role: 'r' } },
      ranges: {
        range: [
          { begin: 10, end: 11 },
          { begin: 20, end: 29 },
        ],
      },
    },
  ],
};
const sum = (resources: readonly Resource[] | undefined) => String(Resources.of(resources));

test('takes what is reserved first, with its reservation', () => {
  const taken = new OfferRoom(offer).take({ cpus: 0.7, mem: 64 });
  assert.equal(sum(taken), sum([scalar('cpus', 0.5, { reservations }), scalar('cpus', 0.2), scalar('mem', 64)]));
});

test('nothing is taken from an offer that has too little', () => {
  const room = new OfferRoom(offer);
  assert.equal(room.take({ mem: 1, cpus: 1.6 }), undefined);
  assert.equal(room.take({ gpus: 1 }), undefined);
  assert.equal(String(room.left), sum(offer.resources));
});

test('one task after another takes from what is left', () => {
  const room = new OfferRoom(offer);
  assert.ok(room.take({ cpus: 1 }));
  assert.equal(room.amount('cpus'), 0.5);
  assert.ok(room.take({ cpus: 0.5 }));
  assert.equal(room.take({ cpus: 0.1 }), undefined);
});

test('never takes a volume for disk, nor revocable resources', () => {
  const room = new OfferRoom(offer);
  assert.equal(room.take({ disk: 1 }), undefined);
  assert.equal(room.amount('cpus'), 1.5);
  assert.ok(room.takeThese([volume]));
  assert.equal(room.takeThese([volume]), false);
});

test('asking for nothing is met by anything', () => assert.deepEqual(new OfferRoom(offer).take({ cpus: 0 }), []));

test('takes the lowest ports', () => {
  const room = new OfferRoom(offer);
  assert.deepEqual(room.takePorts(3)?.[0]?.ranges?.range, [
    { begin: 10, end: 11 },
    { begin: 20, end: 20 },
  ]);
  assert.equal(room.takePorts(10), undefined);
  assert.equal(room.takePorts(9)?.length, 1);
  assert.equal(room.takePorts(1), undefined);
});

const amount = fc.integer({ min: 0, max: 30_000 }).map(n => n / 1000);
const someScalar = fc
  .record({ name: fc.constantFrom('cpus', 'mem'), amount, reserved: fc.boolean(), revocable: fc.boolean() })
  .map(({ name, amount, reserved, revocable }) =>
    scalar(name, amount, { ...(reserved && { reservations }), ...(revocable && { revocable: {} }) }),
  );
const somePorts = fc.array(fc.tuple(fc.nat(60), fc.nat(8)), { maxLength: 3 }).map(
  (pairs): Resource => ({
    ...{ name: 'ports', type: 'RANGES', allocation_info: { role: 'r' } },
    ranges: { range: pairs.map(([begin, length]) => ({ begin, end: begin + length })) },
  }),
);
const someResources = fc.array(fc.oneof({ weight: 3, arbitrary: someScalar }, somePorts), { maxLength: 6 });

test('what is taken and what is left add up to the offer', () => {
  fc.assert(
    fc.property(someResources, fc.record({ cpus: amount, mem: amount }), fc.nat(20), (list, amounts, ports) => {
      const room = new OfferRoom({ ...ids, resources: list });
      const taken = [...(room.take(amounts) ?? []), ...(room.takePorts(ports) ?? [])];
      assert.ok(room.left.add(Resources.of(taken)).equals(Resources.of(list)));
    }),
  );
});

test('amounts are sums by name, of numbers alone, and any name is a name', () => {
  const ports: Resource = { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 2 }] } };
  const resources = [scalar('cpus', 1), scalar('cpus', 0.5, { reservations }), scalar('constructor', 2), ports];
  assert.deepEqual(amountsOf(resources), { cpus: 1.5, constructor: 2 });
  assert.deepEqual(amountsOf(undefined), {});
});
