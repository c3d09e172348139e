import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf, WrongAttempts } from './wrong-attempts.ts';

const slowdown = { free: 3, firstPauseMs: 100, longestPauseMs: 1000 };

const pauses: readonly { name: string; wrong: number; nowMs?: number; pauseMs: number }[] = [
  { name: 'nothing was wrong', wrong: 0, pauseMs: 0 },
  { name: 'a few cost nothing', wrong: 3, pauseMs: 0 },
  { name: 'one more', wrong: 4, pauseMs: 100 },
  { name: 'each more doubles it', wrong: 6, pauseMs: 400 },
  { name: 'no more than the longest', wrong: 100, pauseMs: 1000 },
  { name: 'one is forgotten after a while', wrong: 6, nowMs: 10_000, pauseMs: 200 },
  { name: 'with patience all are', wrong: 100, nowMs: 90_000, pauseMs: 0 },
];
for (const { name, wrong, nowMs = 0, pauseMs } of pauses) {
  test(name, () => {
    const attempts = new WrongAttempts(slowdown);
    for (let i = 0; i < wrong; i++) attempts.add('a', 0);
    assert.equal(attempts.pauseMs('a', nowMs), pauseMs);
    assert.equal(attempts.pauseMs('b', nowMs), 0);
  });
}

test('a clock that is set back forgets nothing, and time goes on from there', () => {
  const attempts = new WrongAttempts(slowdown);
  for (let i = 0; i < 6; i++) attempts.add('a', 1e9);
  assert.equal(attempts.pauseMs('a', 0), 400);
  assert.equal(attempts.pauseMs('a', 10_000), 200);
});

test('only so many are remembered, and who keeps more of them hears which are not', () => {
  const forgotten: string[] = [];
  const attempts = new WrongAttempts(slowdown, network => forgotten.push(network));
  for (let i = 0; i < 10_001; i++) attempts.add(`n${i}`, 0);
  assert.deepEqual(forgotten, ['n0']);
  assert.equal(attempts.count(0), 10_000);
  assert.equal(attempts.count(1e6), 0);
  assert.ok(attempts.isEmpty);
  assert.equal(forgotten.length, 10_001);
});

const networks: [address: string, network: string][] = [
  ['10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::7', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
];
for (const [address, network] of networks)
  test(`the network of ${address}`, () => assert.equal(networkOf(address), network));
