import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocketOwners } from './socket-owners.ts';

/** Asks one question after the other. @returns how long it rested after each pass. */
async function restsAfter(passes: number, readsOfAPass: number): Promise<number[]> {
  const rests: number[] = [];
  const owners = new SocketOwners({
    read: async path => (path.endsWith('6') ? 0 : readsOfAPass),
    rest: async ms => void rests.push(ms),
  });
  for (let pass = 0; pass < passes; pass++) {
    await owners.ofListener({ address: '127.0.0.1', port: 1 }, false);
    await new Promise(setImmediate);
  }
  return rests;
}

test('the first passes after a quiet time follow each other at once, later ones rest', async () => {
  const rests = await restsAfter(20, 1000);
  assert.deepEqual(rests.slice(0, 5), [0, 0, 0, 0, 0]);
  assert.ok(rests.slice(10).every(ms => ms > 0));
});

test('no rest is longer than a second, however many sockets there are', async () => {
  assert.deepEqual(await restsAfter(2, 1_000_000), [1000, 1000]);
});
