import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OfferOperation, Resource, ResourceReservationInfo } from '@meseta/protocol';
import { applyCheckpointed, applyConversions, conversionsOf } from './operations.ts';
import { Resources } from './resources.ts';
import { parseResources } from './testing/index.ts';

const reservation: ResourceReservationInfo = { type: 'DYNAMIC', role: 'a', principal: 'p' };
const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });
const reserved = (name: string, value: number): Resource => ({ ...scalar(name, value), reservations: [reservation] });
const volume = (value: number): Resource => ({
  ...reserved('disk', value),
  disk: { persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RW' } },
});

const cases: { name: string; pool: Resource[]; operation: OfferOperation; result: Resource[] | string }[] = [
  {
    name: 'RESERVE',
    pool: [scalar('cpus', 4)],
    operation: { type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)] } },
    result: [scalar('cpus', 3), reserved('cpus', 1)],
  },
  {
    name: 'RESERVE of more than there is',
    pool: [scalar('cpus', 4)],
    operation: { type: 'RESERVE', reserve: { resources: [reserved('cpus', 5)] } },
    result: 'cpus:4 does not contain cpus:5',
  },
  {
    name: 'RESERVE from a source',
    pool: [{ ...scalar('cpus', 4), reservations: [{ type: 'DYNAMIC', role: 'b' }] }],
    operation: {
      type: 'RESERVE',
      reserve: {
        source: [{ ...scalar('cpus', 4), reservations: [{ type: 'DYNAMIC', role: 'b' }] }],
        resources: [reserved('cpus', 4)],
      },
    },
    result: [reserved('cpus', 4)],
  },
  {
    name: 'UNRESERVE',
    pool: [reserved('cpus', 4)],
    operation: { type: 'UNRESERVE', unreserve: { resources: [reserved('cpus', 1)] } },
    result: [reserved('cpus', 3), scalar('cpus', 1)],
  },
  {
    name: 'CREATE',
    pool: [reserved('disk', 100)],
    operation: { type: 'CREATE', create: { volumes: [volume(64)] } },
    result: [reserved('disk', 36), volume(64)],
  },
  {
    name: 'DESTROY',
    pool: [volume(64)],
    operation: { type: 'DESTROY', destroy: { volumes: [volume(64)] } },
    result: [reserved('disk', 64)],
  },
  {
    name: 'DESTROY of a volume with another copy',
    pool: [
      { ...volume(64), shared: {} },
      { ...volume(64), shared: {} },
    ],
    operation: { type: 'DESTROY', destroy: { volumes: [{ ...volume(64), shared: {} }] } },
    result:
      'Persistent volume disk(reservations: [(DYNAMIC,a,p)])[v:d]<SHARED>:64<1> cannot be removed due to additional shared copies',
  },
  {
    name: 'GROW_VOLUME',
    pool: [volume(64), reserved('disk', 10)],
    operation: { type: 'GROW_VOLUME', grow_volume: { volume: volume(64), addition: reserved('disk', 6) } },
    result: [volume(70), reserved('disk', 4)],
  },
  {
    name: 'SHRINK_VOLUME',
    pool: [volume(64)],
    operation: { type: 'SHRINK_VOLUME', shrink_volume: { volume: volume(64), subtract: { value: 4 } } },
    result: [volume(60), reserved('disk', 4)],
  },
  { name: 'LAUNCH', pool: [], operation: { type: 'LAUNCH' }, result: 'Operation not supported' },
  { name: 'nothing', pool: [], operation: {}, result: 'Unknown operation' },
];
for (const { name, pool, operation, result } of cases) {
  test(name, () => {
    const apply = () => applyConversions(Resources.of(pool), conversionsOf(operation));
    if (typeof result === 'string') assert.throws(apply, { message: result });
    else assert.equal(String(apply().subtract(Resources.of(result))), '{}', String(apply()));
  });
}

test('an operation changes no quantity', () => {
  for (const { pool, operation, result } of cases) {
    if (typeof result === 'string') continue;
    const before = Resources.of(pool);
    assert.deepEqual(applyConversions(before, conversionsOf(operation)).quantities(), before.quantities());
  }
});

test('checkpointed reservations and volumes are found again in what the agent was started with', () => {
  const total = parseResources('cpus:4;disk:100');
  const result = applyCheckpointed(total, [reserved('cpus', 1), volume(64)]);
  assert.ok(result.equals(Resources.of([scalar('cpus', 3), reserved('cpus', 1), scalar('disk', 36), volume(64)])));
  assert.throws(() => applyCheckpointed(total, [reserved('cpus', 5)]), {
    message: 'Incompatible agent resources: cpus:4; disk:100 does not contain cpus:5',
  });
});
