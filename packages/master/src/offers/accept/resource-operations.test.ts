import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplyOperationMessage, decode, type Offer, type OfferOperation } from '@meseta/protocol';
import { accept, launch, recovered, reserved, stage, task, volume } from '../../testing/accept-stage.ts';
import { scalar } from '../../testing/simulated-agent.ts';

test('reservations and volumes are there for the operations after them', async t => {
  const here = await stage(t);
  await accept(
    here,
    {
      type: 'RESERVE',
      id: { value: 'r' },
      reserve: { resources: [reserved(scalar('disk', 64)), reserved(scalar('cpus', 2))] },
    },
    { type: 'CREATE', create: { volumes: [volume(64)] } },
    launch(task(here.offer, 'a', { resources: [reserved(scalar('cpus', 1)), volume(64)] })),
  );
  const reserve = decode(ApplyOperationMessage, (await here.agent.next('ApplyOperationMessage')).body);
  assert.equal(reserve.operation_info.type, 'RESERVE');
  assert.equal(Buffer.from(reserve.operation_uuid.value, 'base64').length, 16);
  const create = decode(ApplyOperationMessage, (await here.agent.next('ApplyOperationMessage')).body);
  assert.equal(create.operation_info.type, 'CREATE');
  await here.agent.next('RunTaskMessage');
  const agent = here.master.context.cluster.agents.get(here.agent.id ?? '');
  assert.equal(
    String(agent?.total),
    'cpus:2; mem:4096; disk:4032; cpus(reservations: [(DYNAMIC,web,ops)]):2; disk(reservations: [(DYNAMIC,web,ops)])[v:data]:64',
  );
  // The reserved cpu that is left was asked for, so no filter keeps it away.
  assert.deepEqual(recovered(here), [
    ['cpus(allocated: web)(reservations: [(DYNAMIC,web,ops)]):1', undefined],
    ['cpus(allocated: web):2; mem(allocated: web):4096; disk(allocated: web):4032', { refuse_seconds: 7 }],
  ]);
  assert.equal(here.master.askedFor('convert').length, 2);
  assert.equal(agent?.operations.size, 2);
});

const failedOperations: { name: string; operation: (offer: Offer) => OfferOperation; message: RegExp }[] = [
  {
    name: 'a reservation in the name of another',
    operation: () => ({
      type: 'RESERVE',
      reserve: {
        resources: [{ ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC', role: 'web', principal: 'mallory' }] }],
      },
    }),
    message:
      /^A reserve operation was attempted by authenticated principal 'ops', which does not match .* 'mallory'; on agent master-1-S0 at slave\(1\)@127.0.0.1:\d+ \(127.0.0.1\)$/,
  },
  {
    name: 'a reservation of more than there is',
    operation: () => ({ type: 'RESERVE', reserve: { resources: [reserved(scalar('cpus', 99))] } }),
    message: /does not contain/,
  },
  {
    name: 'a volume that is not reserved for',
    operation: () => ({ type: 'CREATE', create: { volumes: [volume(64)] } }),
    message: /does not contain/,
  },
  {
    name: 'a volume that escapes by its id',
    operation: () => {
      const escaping = volume(64);
      return {
        type: 'CREATE',
        create: { volumes: [{ ...escaping, disk: { ...escaping.disk, persistence: { id: '..' } } }] },
      };
    },
    message: /^Invalid resources: Invalid DiskInfo: Invalid persistence ID for persistent volume: '..' is disallowed/,
  },
  {
    name: 'destroying what is not there',
    operation: () => ({ type: 'DESTROY', destroy: { volumes: [volume(64)] } }),
    message: /^Persistent volumes not found/,
  },
  {
    name: 'growing by nothing',
    operation: () => ({
      type: 'GROW_VOLUME',
      grow_volume: { volume: volume(64), addition: reserved(scalar('disk', 0)) },
    }),
    message: /^The size of 'GrowVolume.addition' field must be greater than zero/,
  },
  {
    name: 'a part that is missing',
    operation: () => ({ type: 'UNRESERVE' }),
    message:
      /^Operation attempted with invalid resources: An UNRESERVE offer operation must have the Offer.Operation.unreserve field set\.$/,
  },
];
for (const { name, operation, message } of failedOperations) {
  test(`${name} is told of, and the rest goes on`, async t => {
    const here = await stage(t);
    await accept(here, { ...operation(here.offer), id: { value: 'op' } }, launch(task(here.offer, 'a')));
    const { update_operation_status } = await here.scheduler.next('UPDATE_OPERATION_STATUS');
    assert.equal(update_operation_status?.status.state, 'OPERATION_ERROR');
    assert.equal(update_operation_status?.status.operation_id?.value, 'op');
    assert.match(update_operation_status?.status.message ?? '', message);
    await here.agent.next('RunTaskMessage');
  });
}

test('a volume is resized, destroyed, and its reservation ended', async t => {
  const here = await stage(t);
  await accept(
    here,
    { type: 'RESERVE', reserve: { resources: [reserved(scalar('disk', 64))] } },
    { type: 'CREATE', create: { volumes: [volume(32)] } },
    { type: 'GROW_VOLUME', grow_volume: { volume: volume(32), addition: reserved(scalar('disk', 32)) } },
  );
  const agent = here.master.context.cluster.agents.get(here.agent.id ?? '');
  assert.match(String(agent?.total), /\[v:data\]:64$/);
  here.master.grantAll(here.scheduler.frameworkId, here.agent.id ?? '', 'web');
  const offer = await here.scheduler.nextOffer();
  await accept(
    { ...here, offer },
    { type: 'DESTROY', destroy: { volumes: [volume(64)] } },
    { type: 'UNRESERVE', unreserve: { resources: [reserved(scalar('disk', 64))] } },
  );
  assert.equal(String(agent?.total), 'cpus:4; mem:4096; disk:4096');
});
