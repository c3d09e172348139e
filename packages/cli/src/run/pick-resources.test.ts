import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Offer, Resource } from '@meseta/protocol';
import { pickResources } from './pick-resources.ts';

const scalar = (name: string, value: number, more: Partial<Resource> = {}): Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role: 'r' },
  ...more,
});
const reservations = [{ type: 'DYNAMIC', role: 'r' } as const];
const offer: Offer = {
  id: { value: 'o' },
  framework_id: { value: 'f' },
  agent_id: { value: 'a' },
  hostname: 'h',
  resources: [
    scalar('cpus', 0.5, { reservations }),
    scalar('cpus', 1),
    scalar('mem', 64),
    scalar('disk', 10, { disk: { persistence: { id: 'v' } } }),
  ],
};

test('takes from several resources of a name, each with its reservation', () => {
  assert.deepEqual(pickResources(offer, { cpus: 0.7, mem: 64 }), [
    scalar('cpus', 0.5, { reservations }),
    scalar('cpus', 0.2),
    scalar('mem', 64),
  ]);
});

test('takes nothing from an offer that has too little', () => {
  assert.equal(pickResources(offer, { cpus: 1.6 }), undefined);
  assert.equal(pickResources(offer, { gpus: 1 }), undefined);
});

test('never takes a volume for disk', () => assert.equal(pickResources(offer, { disk: 1 }), undefined));
test('asking for nothing is met by anything', () => assert.deepEqual(pickResources(offer, { cpus: 0 }), []));
