import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldOffer } from './answer.ts';
import { resourcesText, withText } from './offers.ts';

const offer = (id: string, more: Partial<HeldOffer> = {}): HeldOffer => ({
  ...{ id, framework_id: 'f-1', agent_id: 'a-1', role: 'web', resources: {}, held_seconds: 1 },
  ...more,
});

test('offers are found by all words of a text, in any of their names', () => {
  const offers = [offer('o1', { framework_name: 'Marathon' }), offer('o2', { hostname: 'web7' }), offer('o3')];
  const found = (text: string) => withText(offers, text).map(({ id }) => id);
  assert.deepEqual(found(''), ['o1', 'o2', 'o3']);
  assert.deepEqual(found('marathon'), ['o1']);
  assert.deepEqual(found(' WEB  o2 '), ['o2']);
  assert.deepEqual(found('marathon o2'), []);
});

test('amounts are shown with their units', () => {
  assert.equal(
    resourcesText({ cpus: 0.5, mem: 1024, disk: 10, gpus: 1, licenses: 3, toString: 2 }),
    '0.5 CPUs, 1 GB memory, 10 MB disk, 1 GPU, 3 licenses, 2 toString',
  );
});
