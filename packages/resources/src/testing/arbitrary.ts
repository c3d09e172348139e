/** For tests: generates resources for property tests. */
import type { Resource, ResourceReservationInfo } from '@meseta/protocol';
import fc from 'fast-check';
import { Resources } from '../resources.ts';

const scalar = (name: string) =>
  fc.integer({ min: 0, max: 50_000 }).map((n): Resource => ({ name, type: 'SCALAR', scalar: { value: n / 1000 } }));

const ports = fc.array(fc.tuple(fc.nat(60), fc.nat(8)), { maxLength: 4 }).map(
  (pairs): Resource => ({
    name: 'ports',
    type: 'RANGES',
    ranges: { range: pairs.map(([begin, length]) => ({ begin, end: begin + length })) },
  }),
);

const words = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))
  .map((item): Resource => ({ name: 'zones', type: 'SET', set: { item } }));

const reservations: fc.Arbitrary<ResourceReservationInfo[]> = fc.constantFrom(
  [],
  [],
  [{ type: 'STATIC' as const, role: 'a' }],
  [{ type: 'DYNAMIC' as const, role: 'a', principal: 'p' }],
  [
    { type: 'STATIC' as const, role: 'a' },
    { type: 'DYNAMIC' as const, role: 'a/b', labels: { labels: [{ key: 'k', value: 'v' }, { key: 'l' }] } },
  ],
);

const volume = fc
  .record({ id: fc.constantFrom('v1', 'v2'), size: fc.integer({ min: 1, max: 2 }), shared: fc.boolean() })
  .map(
    ({ id, size, shared }): Resource => ({
      name: 'disk',
      type: 'SCALAR',
      scalar: { value: size },
      disk: { persistence: { id }, volume: { container_path: 'data', mode: 'RW' } },
      reservations: [{ type: 'DYNAMIC', role: 'a' }],
      ...(shared && { shared: {} }),
    }),
  );

const mount = fc.constantFrom('/m1', '/m2').map(
  (root): Resource => ({
    name: 'disk',
    type: 'SCALAR',
    scalar: { value: 10 },
    disk: { source: { type: 'MOUNT', mount: { root } } },
  }),
);

const plain = fc
  .tuple(
    fc.oneof(scalar('cpus'), scalar('mem'), ports, words),
    reservations,
    fc.boolean(),
    fc.constantFrom(undefined, 'a'),
  )
  .map(
    ([resource, stack, revocable, role]): Resource => ({
      ...resource,
      ...(stack.length > 0 && { reservations: stack }),
      ...(revocable && { revocable: {} }),
      ...(role && { allocation_info: { role } }),
    }),
  );

/** Generates lists of resources, whose kinds repeat often. */
export const arbitraryResourceList: fc.Arbitrary<Resource[]> = fc.array(
  fc.oneof({ weight: 6, arbitrary: plain }, volume, mount),
  {
    maxLength: 6,
  },
);

/** Generates sums of resources. */
export const arbitraryResources: fc.Arbitrary<Resources> = arbitraryResourceList.map(list => Resources.of(list));
