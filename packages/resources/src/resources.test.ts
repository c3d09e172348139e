import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson, Resource } from '@meseta/protocol';
import fc from 'fast-check';
import { Resources } from './resources.ts';
import { arbitraryResources } from './testing/arbitrary.ts';
import { parseResources } from './testing/index.ts';

const volume: Resource = {
  name: 'disk',
  type: 'SCALAR',
  scalar: { value: 64 },
  disk: { persistence: { id: 'vol-1', principal: 'rec' }, volume: { mode: 'RW', container_path: 'data' } },
  reservations: [{ type: 'DYNAMIC', role: 'rec', principal: 'rec', labels: { labels: [{ key: 'a', value: 'b' }] } }],
};
const mount: Resource = {
  name: 'disk',
  type: 'SCALAR',
  scalar: { value: 10 },
  disk: { source: { type: 'MOUNT', mount: { root: '/mnt' } } },
};

const laws: { name: string; holds: (a: Resources, b: Resources, c: Resources) => boolean }[] = [
  { name: 'addition is commutative', holds: (a, b) => a.add(b).equals(b.add(a)) },
  {
    name: 'addition is associative',
    holds: (a, b, c) =>
      a
        .add(b)
        .add(c)
        .equals(a.add(b.add(c))),
  },
  {
    name: 'a sum is what adding one by one gives',
    holds: (a, b, c) => Resources.sum([a, b, c]).equals(a.add(b).add(c)),
  },
  { name: 'a sum contains its parts', holds: (a, b) => a.add(b).contains(a) && a.add(b).contains(b) },
  {
    name: 'what is contained can be taken away and given back',
    holds: (a, b) => !a.contains(b) || a.subtract(b).add(b).equals(a),
  },
  { name: 'nothing is left of something without itself', holds: a => a.subtract(a).isEmpty },
  { name: 'equal means containing each other', holds: (a, b) => a.equals(b) === (a.contains(b) && b.contains(a)) },
  { name: 'the JSON form is the same again', holds: a => Resources.of(roundTrip(a)).equals(a) },
  { name: 'reserved and unreserved are everything', holds: a => a.reserved().add(a.unreserved()).equals(a) },
  {
    name: 'allocating and unallocating is unallocating',
    holds: a => a.allocate('x').unallocate().equals(a.unallocate()),
  },
  {
    name: 'a cap is respected',
    holds: a =>
      (a
        .capped(() => 2000)
        .quantities()
        .get('cpus') ?? 0) <= 2000,
  },
  { name: 'what is capped is contained', holds: a => a.contains(a.capped(() => 2000)) },
];

function roundTrip(resources: Resources): Resource[] {
  return (JSON.parse(JSON.stringify(resources.toArray())) as unknown[]).map(json => fromJson(Resource, json));
}

for (const { name, holds } of laws) {
  test(name, () => {
    fc.assert(fc.property(arbitraryResources, arbitraryResources, arbitraryResources, holds));
  });
}

test('(a + b) - b = a, for scalars always and for sets and ranges where they do not overlap', () => {
  const splittable = (a: Resources) => a.filter(kind => kind.isScalar);
  fc.assert(
    fc.property(arbitraryResources, arbitraryResources, (x, y) => {
      const [a, b] = [splittable(x), splittable(y)];
      return a.add(b).subtract(b).equals(a);
    }),
  );
});

const sums: { name: string; a: Resource[]; b: Resource[]; sum: string }[] = [
  { name: 'tenths add up', a: cpus(0.1), b: cpus(0.2), sum: 'cpus:0.3' },
  { name: 'less than half a thousandth is nothing', a: cpus(0.0004), b: [], sum: '{}' },
  { name: 'half a thousandth is one', a: cpus(0.0005), b: [], sum: 'cpus:0.001' },
  { name: 'negative amounts vanish', a: cpus(-1), b: cpus(1), sum: 'cpus:1' },
  { name: 'NaN vanishes', a: cpus(Number.NaN), b: [], sum: '{}' },
  { name: 'adjacent ranges join', a: ports(1, 2), b: ports(3, 4), sum: 'ports:[1-4]' },
  { name: 'overlapping ranges join', a: ports(1, 3), b: ports(2, 4), sum: 'ports:[1-4]' },
  { name: 'distant ranges do not', a: ports(8, 9), b: ports(1, 2), sum: 'ports:[1-2, 8-9]' },
  {
    name: 'reserved and unreserved stay apart',
    a: cpus(1),
    b: [{ ...cpus(1)[0]!, role: 'r' }],
    sum: 'cpus:1; cpus(reservations: [(STATIC,r)]):1',
  },
  { name: 'revocable stays apart', a: cpus(1), b: [{ ...cpus(1)[0]!, revocable: {} }], sum: 'cpus:1; cpus{REV}:1' },
  { name: 'mounts never merge', a: [mount], b: [mount], sum: 'disk[MOUNT:/mnt]:10; disk[MOUNT:/mnt]:10' },
  {
    name: 'shared volumes are counted',
    a: [{ ...volume, shared: {} }],
    b: [{ ...volume, shared: {} }],
    sum: 'disk(reservations: [(DYNAMIC,rec,rec,{a: b})])[vol-1:data]<SHARED>:64<2>',
  },
];

function cpus(value: number): Resource[] {
  return [{ name: 'cpus', type: 'SCALAR', scalar: { value } }];
}

function ports(begin: number, end: number): Resource[] {
  return [{ name: 'ports', type: 'RANGES', ranges: { range: [{ begin, end }] } }];
}

for (const { name, a, b, sum } of sums) {
  test(name, () => assert.equal(String(Resources.of(a).add(Resources.of(b))), sum));
}

test('a volume is the same wherever it is mounted, and keeps its own path', () => {
  const elsewhere = { ...volume, disk: { ...volume.disk, volume: { mode: 'RO' as const, container_path: 'other' } } };
  const resources = Resources.of([elsewhere]);
  assert.ok(resources.equals(Resources.of([volume])));
  assert.equal(resources.toArray()[0]?.disk?.volume?.container_path, 'other');
});

test('a volume is taken as a whole', () => {
  const half = { ...volume, scalar: { value: 32 } };
  assert.equal(Resources.of([volume]).contains(Resources.of([half])), false);
  assert.ok(
    Resources.of([volume])
      .subtract(Resources.of([half]))
      .equals(Resources.of([volume])),
  );
});

test('shared copies count once in quantities, whole ones each', () => {
  const shared = { ...volume, shared: {} };
  assert.equal(Resources.of([shared, shared]).scalar('disk'), 64);
  assert.equal(Resources.of([mount, mount]).scalar('disk'), 20);
});

test('more than can be counted is never contained', () => {
  assert.equal(Resources.of(cpus(1e6)).contains(Resources.of(cpus(1e300))), false);
});

test('roles can use what is reserved for their ancestors', () => {
  const resources = parseResources('cpus(a):1;cpus(a/b):2;cpus(c):4;cpus:8');
  assert.equal(resources.allocatableTo('a/b').scalar('cpus'), 11);
  assert.equal(resources.allocatableTo('a').scalar('cpus'), 9);
  assert.equal(resources.allocatableTo('ab').scalar('cpus'), 8);
});

test('names do not imitate other kinds', () => {
  const tricky = Resources.of([{ name: '1:aSCALAR:cpus', type: 'SCALAR', scalar: { value: 1 } }]);
  assert.equal(tricky.contains(Resources.of(cpus(1)).allocate('a')), false);
});

test('resources print as Mesos prints them in its messages', () => {
  const wanted = Resources.of([...cpus(999), { name: 'mem', type: 'SCALAR', scalar: { value: 32 } }]).allocate('rec');
  assert.equal(String(wanted), 'cpus(allocated: rec):999; mem(allocated: rec):32');
  const left = parseResources('ports:[31000-32000];cpus:7.3;mem:7968;disk:8192').allocate('rec');
  assert.equal(
    String(left),
    'ports(allocated: rec):[31000-32000]; cpus(allocated: rec):7.3; mem(allocated: rec):7968; disk(allocated: rec):8192',
  );
  assert.equal(String(Resources.empty), '{}');
});

test('the stack of reservations grows and shrinks', () => {
  const reserved = parseResources('cpus(a):4').pushReservation({ type: 'DYNAMIC', role: 'a/b', principal: 'p' });
  assert.equal(String(reserved), 'cpus(reservations: [(STATIC,a),(DYNAMIC,a/b,p)]):4');
  assert.equal(String(reserved.popReservation()), 'cpus(reservations: [(STATIC,a)]):4');
  assert.equal(String(reserved.toUnreserved()), 'cpus:4');
});

test('many kinds are found as surely as few', () => {
  const names = Array.from(
    { length: 50 },
    (_, i): Resource => ({ name: `r${i}`, type: 'SCALAR', scalar: { value: 1 } }),
  );
  const all = Resources.of(names);
  const some = Resources.of(names.slice(20, 30));
  assert.ok(all.contains(some));
  assert.ok(all.subtract(some).add(some).equals(all));
});
