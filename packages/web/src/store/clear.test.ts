import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterStore } from './cluster.ts';

test('a store that is cleared has nothing left, of events neither, and goes on', () => {
  const store = new ClusterStore();
  store.beginSnapshot();
  store.apply('snapshot end', new Uint8Array());
  assert.equal(store.events.size, 1);
  store.clear();
  assert.equal(store.events.size, 0);
  assert.deepEqual([store.tasks.size, store.agents.size, store.frameworks.size], [0, 0, 0]);
  store.beginSnapshot();
  store.apply('snapshot end', new Uint8Array());
  assert.equal(store.events.size, 1);
});
