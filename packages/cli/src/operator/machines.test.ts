import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaintenanceSchedule } from '@meseta/protocol';
import type { ClusterAgent } from '../cluster-agents.ts';
import { findMachines, printMachine, withMachines, withoutMachines } from './machines.ts';

const agent = (id: string, hostname: string, ip: string, port = 5051): ClusterAgent => ({
  agent_info: { id: { value: id }, hostname, port },
  pid: `slave(1)@${ip}:${port}`,
  active: true,
});
const agents = [
  agent('m-S0', 'web1.example.org', '10.0.0.1'),
  agent('m-S1', 'web1.example.org', '10.0.0.1', 5052),
  agent('m-S2', 'web2.example.org', '10.0.0.2'),
];
const at = (nanoseconds: number) => ({ start: { nanoseconds } });
const one = { hostname: 'web1.example.org', ip: '10.0.0.1' };
const two = { hostname: 'web2.example.org', ip: '10.0.0.2' };
const old = { hostname: 'OLD', ip: '10.0.0.9' };
const schedule: MaintenanceSchedule = { windows: [{ machine_ids: [old, one], unavailability: at(1) }] };

const found: [words: string[], scheduled: boolean, machines: string[] | RegExp][] = [
  [['web1.example.org'], false, ['web1.example.org/10.0.0.1']],
  [['S1'], false, ['web1.example.org/10.0.0.1']],
  [['m-S0', 'm-S1', 'web2'], false, ['web1.example.org/10.0.0.1', 'web2.example.org/10.0.0.2']],
  [['10.0.0.2'], false, ['web2.example.org/10.0.0.2']],
  [['web1.example.org:5052'], false, ['web1.example.org/10.0.0.1']],
  [['new/10.0.0.7'], false, ['new/10.0.0.7']],
  [['OLD'], false, ['OLD/10.0.0.9']],
  [['OLD', 'S0'], true, ['OLD/10.0.0.9', 'web1.example.org/10.0.0.1']],
  [['web'], false, /Several machines match 'web': web1\.example\.org\/10\.0\.0\.1, web2/],
  [['new'], false, /There is no machine 'new' with a registered agent; .* as in web1\/10\.0\.0\.7/],
  [['web2'], true, /No machine 'web2' is in the maintenance schedule/],
  [['new/10.0.0.7'], true, /is in the maintenance schedule/],
];
for (const [words, scheduled, machines] of found) {
  test(`${words.join(' ')}${scheduled ? ' of the schedule' : ''} names ${machines}`, () => {
    const find = () => findMachines(words, agents, schedule, scheduled).map(printMachine);
    if (machines instanceof RegExp) assert.throws(find, { code: 'NOT_FOUND', message: machines });
    else assert.deepEqual(find(), machines);
  });
}

test('machines join the window of the same time, and leave their own', () => {
  assert.deepEqual(withMachines(schedule, [two], at(1)), {
    windows: [{ machine_ids: [old, one, two], unavailability: at(1) }],
  });
  assert.deepEqual(withMachines(schedule, [{ ...one, hostname: 'WEB1.example.org' }], at(2)), {
    windows: [
      { machine_ids: [old], unavailability: at(1) },
      { machine_ids: [{ ...one, hostname: 'WEB1.example.org' }], unavailability: at(2) },
    ],
  });
  assert.deepEqual(withoutMachines(schedule, [one, old]), { windows: [] });
  assert.deepEqual(withMachines({}, [one], at(3)), { windows: [{ machine_ids: [one], unavailability: at(3) }] });
});
