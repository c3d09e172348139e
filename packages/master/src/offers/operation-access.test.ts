import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OfferOperation, Resource } from '@meseta/protocol';
import { operationQuestions } from './operation-access.ts';

const cpus = (...stack: [role: string, principal: string][]): Resource => ({
  ...{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } },
  reservations: stack.map(([role, principal]) => ({ type: 'DYNAMIC', role, principal })),
});
const reserve = (resources: Resource[], source: Resource[] = []): OfferOperation => ({
  type: 'RESERVE',
  reserve: { resources, source },
});

/** Each question as `+` or `-` and the reservation that it is about. */
function asked(operation: OfferOperation): string[] {
  return operationQuestions(operation).map(({ action, object }) => {
    const { role, principal } = (object as { resource: Resource }).resource.reservations?.at(-1) ?? {};
    return `${action === 'RESERVE_RESOURCES' ? '+' : '-'}${role}:${principal}`;
  });
}

const cases: readonly { readonly name: string; readonly operation: OfferOperation; readonly asks: string[] }[] = [
  {
    name: 'a reservation without a source is asked about as it is',
    operation: reserve([cpus(['a', 'p'], ['a/b', 'q'])]),
    asks: ['+a/b:q'],
  },
  {
    name: 'a refined reservation asks about what is added',
    operation: reserve([cpus(['a', 'p'], ['a/b', 'q'])], [cpus(['a', 'p'])]),
    asks: ['+a/b:q'],
  },
  {
    name: 'a reservation in place of another asks about both',
    operation: reserve([cpus(['b', 'q'])], [cpus(['a', 'p'])]),
    asks: ['-a:p', '+b:q'],
  },
  {
    name: 'each level is asked about, from the top down and up again',
    operation: reserve([cpus(['a', 'p'], ['a/d', 's'])], [cpus(['a', 'p'], ['a/b', 'q'], ['a/b/c', 'r'])]),
    asks: ['-a/b/c:r', '-a/b:q', '+a/d:s'],
  },
  {
    name: 'the same role of another principal is another reservation',
    operation: reserve([cpus(['a', 'q'])], [cpus(['a', 'p'])]),
    asks: ['-a:p', '+a:q'],
  },
  {
    name: 'resources that are not reserved have nothing to lose',
    operation: reserve([cpus(['a', 'p'])], [cpus()]),
    asks: ['+a:p'],
  },
];

for (const { name, operation, asks } of cases) {
  test(name, () => assert.deepEqual(asked(operation), asks));
}
