import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource, ResourceReservationInfo } from '@meseta/protocol';
import type { ClusterAgent } from '../cluster-agents.ts';
import { additionTo, findReserved, planVolume, readLabels, reservedFor, volumesOf } from './reserved.ts';

const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });
const dynamic = (role: string, more: Partial<ResourceReservationInfo> = {}): ResourceReservationInfo => ({
  type: 'DYNAMIC',
  role,
  ...more,
});
const owner = (value: string) => ({ labels: { labels: [{ key: 'owner', value }] } });
const fixed: Resource = { ...scalar('cpus', 8), reservations: [{ type: 'STATIC', role: 'db' }] };
const cpusOfOps: Resource = { ...scalar('cpus', 2), reservations: [dynamic('db', owner('ops'))] };
const cpusOfDev: Resource = {
  ...scalar('cpus', 4),
  reservations: [dynamic('db', { principal: 'dev', ...owner('dev') })],
};
const disk: Resource = { ...scalar('disk', 100), reservations: [dynamic('db', { principal: 'ops' })] };
const mount: Resource = { ...scalar('disk', 500), reservations: [dynamic('web')], disk: { source: { type: 'MOUNT' } } };
const persistence = { id: 'data', principal: 'ops' };
const volume: Resource = { ...disk, disk: { persistence, volume: { mode: 'RW', container_path: 'data' } } };
const agent: ClusterAgent = {
  agent_info: { id: { value: 'S0' } },
  active: true,
  // The master sends the role in the old form, too, which must not be sent back beside the new one.
  total_resources: [scalar('cpus', 1), fixed, cpusOfOps, cpusOfDev, disk, mount, volume].map(each => ({
    ...each,
    role: each.reservations?.at(-1)?.role ?? '*',
  })),
};

test('what is reserved has the reservation that was asked for', () => {
  assert.deepEqual(
    reservedFor([scalar('cpus', 1)], { role: 'db', principal: 'ops', labels: readLabels(['owner=ops']) }),
    [{ ...scalar('cpus', 1), reservations: [dynamic('db', { principal: 'ops', ...owner('ops') })] }],
  );
  assert.deepEqual(reservedFor([scalar('cpus', 1)], { role: 'db', labels: [] }), [
    { ...scalar('cpus', 1), reservations: [dynamic('db')] },
  ]);
});

for (const text of ['owner', '=ops', '']) {
  test(`'${text}' is no label`, () => assert.throws(() => readLabels([text]), { code: 'USAGE' }));
}

const found: [
  name: string,
  role: string,
  labels: string[],
  wanted: Resource[] | undefined,
  result: Resource[] | RegExp,
][] = [
  ['all of a role', 'db', [], undefined, [cpusOfOps, cpusOfDev, disk]],
  ['with a label', 'db', ['owner=ops'], undefined, [cpusOfOps]],
  ['some of it', 'db', ['owner=dev'], [scalar('cpus', 3)], [{ ...cpusOfDev, scalar: { value: 3 } }]],
  ['what only one reservation has', 'db', [], [scalar('cpus', 3)], [{ ...cpusOfDev, scalar: { value: 3 } }]],
  [
    'what several have',
    'db',
    [],
    [scalar('cpus', 1)],
    /has cpus for role 'db' in several reservations; select one by --label/,
  ],
  [
    'more than there is',
    'db',
    [],
    [scalar('cpus', 5)],
    /has cpus:6 reserved for role 'db' without volumes, and not cpus:5/,
  ],
  ['what there is none of', 'db', [], [scalar('gpus', 1)], /has no gpus reserved for role 'db'/],
  ['another role', 'none', [], undefined, /Agent S0 has nothing reserved for role 'none'/],
];
for (const [name, role, labels, wanted, result] of found) {
  test(`finds what is reserved: ${name}`, () => {
    const find = () => findReserved(agent, { role, labels: readLabels(labels) }, wanted);
    if (result instanceof RegExp) assert.throws(find, { code: 'NOT_FOUND', message: result });
    else assert.deepEqual(find(), result);
  });
}

test('a volume is made of reserved disk, and grows by the same', () => {
  const plan = { id: 'new', role: 'db', size: 60, containerPath: 'path' };
  assert.deepEqual(planVolume(agent, plan), {
    ...disk,
    scalar: { value: 60 },
    disk: { persistence: { id: 'new', principal: 'ops' }, volume: { mode: 'RW', container_path: 'path' } },
  });
  const whole = planVolume(agent, { ...plan, role: 'web', size: undefined });
  assert.deepEqual([whole.scalar, whole.disk?.source], [{ value: 500 }, { type: 'MOUNT' }]);
  for (const wrong of [{ size: 101 }, { size: undefined }, { role: 'web', size: 60 }, { role: 'none' }]) {
    assert.throws(() => planVolume(agent, { ...plan, ...wrong }), { code: 'NOT_FOUND' });
  }
  const [existing] = volumesOf([agent]);
  assert.ok(existing);
  assert.equal(existing.id, 'data');
  assert.deepEqual(additionTo(existing, 5), { ...disk, scalar: { value: 5 } });
});
