import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailurePace } from './failure-pace.ts';

function afterFailures(count: number, address = '10.0.0.1', nowMs = 0): FailurePace {
  const pace = new FailurePace();
  for (let i = 0; i < count; i++) pace.failed(address, nowMs);
  return pace;
}

const waits: readonly { name: string; failures: number; nowMs?: number; address?: string; wait: number }[] = [
  { name: 'nothing has failed', failures: 0, wait: 0 },
  { name: 'a few failures cost nothing', failures: 5, wait: 0 },
  { name: 'one more', failures: 6, wait: 250 },
  { name: 'each more doubles it', failures: 8, wait: 1000 },
  { name: 'no more than the longest', failures: 12, wait: 4000 },
  { name: 'many more are no slower', failures: 1000, wait: 4000 },
  { name: 'the pause passes', failures: 6, nowMs: 200, wait: 50 },
  { name: 'failures are forgotten', failures: 12, nowMs: 70_000, wait: 0 },
  { name: 'another address does not wait', failures: 12, address: '10.0.0.2', wait: 0 },
];
for (const { name, failures, nowMs = 0, address = '10.0.0.1', wait } of waits) {
  test(name, () => assert.equal(afterFailures(failures).reserve(address, nowMs), wait));
}

test('answers at the same time wait for each other, and no longer than a peer waits', () => {
  const pace = afterFailures(12);
  const given = Array.from({ length: 20 }, () => pace.reserve('10.0.0.1', 0));
  assert.deepEqual(given.slice(0, 3), [4000, 8000, undefined]);
  assert.ok(given.slice(2).every(wait => wait === undefined));
});

test('a network of IPv6 is one address', () => {
  const pace = afterFailures(12, '2001:db8::1');
  assert.equal(pace.reserve('2001:db8:0:0:ffff::2', 0), 4000);
  assert.equal(pace.reserve('2001:db8:0:1::1', 0), 0);
  assert.equal(pace.reserve('fe80::1%eth0', 0), 0);
});

test('only so many addresses are remembered', () => {
  const pace = new FailurePace();
  for (let i = 0; i < 20_000; i++) pace.failed(`10.1.${i >> 8}.${i & 255}`, 0);
  assert.equal(pace.count(0), 10_000);
  pace.failed('10.0.0.1', 1e6); // all others are forgotten by then
  assert.equal(pace.count(1e6), 1);
  assert.equal(pace.count(2e6), 0);
});
