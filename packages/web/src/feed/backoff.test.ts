import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptsAfter, pauseMs } from './backoff.ts';

test('pauses are a second at first, and half a minute at most', () => {
  assert.equal(pauseMs(1, 0.99), 1000);
  assert.equal(pauseMs(3, 0), 1000);
  assert.equal(pauseMs(3, 0.5), 2500);
  assert.equal(pauseMs(100, 0.999_999), 30_000);
});

test('attempts are counted anew after a stream that lasted', () => {
  assert.equal(attemptsAfter(0, 0), 1);
  assert.equal(attemptsAfter(5, 59_000), 6);
  assert.equal(attemptsAfter(5, 61_000), 1);
});
