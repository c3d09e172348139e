import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@meseta/protocol';
import { registrationOf } from './register.ts';

const disk = (value: number, more: Partial<Resource> = {}): Resource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: { value },
  ...more,
});
const reserved = { reservations: [{ type: 'DYNAMIC' as const, role: 'db' }] };
const ofFlag = { reservations: [{ type: 'STATIC' as const, role: 'db' }] };
const volume = { disk: { persistence: { id: 'v' } } };

const totals: [name: string, resources: Resource[], checkpointed: Resource[], total: Resource[]][] = [
  ['without any', [disk(100)], [], [disk(100)]],
  ['a reservation', [disk(100)], [disk(40, reserved)], [disk(60), disk(40, reserved)]],
  [
    'a volume, and as much disk reserved beside it',
    [disk(100)],
    [disk(40, reserved), disk(40, { ...reserved, ...volume })],
    [disk(20), disk(40, reserved), disk(40, { ...reserved, ...volume })],
  ],
  [
    'a volume on what a flag reserves',
    [disk(100, ofFlag)],
    [disk(40, { ...ofFlag, ...volume })],
    [disk(60, ofFlag), disk(40, { ...ofFlag, ...volume })],
  ],
  ['more than there is', [disk(100)], [disk(101, reserved)], [disk(100)]],
  [
    'in the old format',
    [disk(100, { role: '*' })],
    [disk(40, { role: 'db', reservation: {} })],
    [disk(60), disk(40, reserved)],
  ],
];
for (const [name, resources, checkpointed_resources, total] of totals) {
  test(`the resources of an agent with reservations: ${name}`, () => {
    const message = { agent: { hostname: 'h', resources }, checkpointed_resources };
    const registration = registrationOf(message, 'slave(1)@10.0.0.1:5051', '10.0.0.1');
    assert.deepEqual(registration.total.toArray(), total);
  });
}
