import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MapValues } from '../store/agent-map.ts';
import { type Colouring, coloured, isColouring } from './colouring.ts';

/** Three agents: one full, one that drains, one with less than it uses. None has GPUs. */
const values: MapValues = {
  stateNames: ['active', 'draining'],
  states: Uint8Array.of(0, 1, 0),
  shares: {
    cpus: Float32Array.of(1, 0.175, 2.25),
    mem: Float32Array.of(0, 0.2, 0.999),
    disk: Float32Array.of(0, 0, 0),
    gpus: Float32Array.of(Number.NaN, Number.NaN, Number.NaN),
  },
  tasks: Float32Array.of(12, 0, 2),
};

const cases: { by: Colouring; meanings: string[] }[] = [
  { by: 'state', meanings: ['active', 'draining', 'active'] },
  { by: 'cpus', meanings: ['80–100 %', '0–20 %', '80–100 %'] },
  { by: 'mem', meanings: ['0–20 %', '20–40 %', '80–100 %'] },
  { by: 'gpus', meanings: ['has none', 'has none', 'has none'] },
  { by: 'tasks', meanings: ['12–14', '0–2', '0–2'] },
];
for (const { by, meanings } of cases) {
  test(`agents by ${by}`, () => {
    const { buckets, bucketOf } = coloured(values, by);
    assert.deepEqual(
      [...bucketOf].map(bucket => buckets[bucket]?.meaning),
      meanings,
    );
  });
}

test('few tasks have a colour each, and many have as many colours', () => {
  const meanings = (...tasks: number[]) =>
    coloured({ ...values, tasks: Float32Array.from(tasks) }, 'tasks').buckets.map(({ meaning }) => meaning);
  assert.deepEqual(meanings(0, 4), ['0', '1', '2', '3', '4']);
  assert.equal(meanings(1000).length, meanings(0).length);
  assert.ok(isColouring('gpus') && !isColouring('toString') && !isColouring(undefined));
});
