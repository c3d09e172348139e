import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptsAfter, crowdedPauseMs, endedInARow, pauseMs } from './backoff.ts';

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

test('a page that others displace twice in a row waits for long', () => {
  const after = (...streams: readonly (readonly [isEndedByMaster: boolean, lastedMs: number])[]) =>
    crowdedPauseMs(streams.reduce((ended, [isEnded, lasted]) => endedInARow(ended, isEnded, lasted), 0));
  assert.equal(after([true, 100_000]), undefined, 'the master may have stopped');
  assert.equal(after([true, 100_000], [true, 1000]), 300_000);
  assert.equal(after([true, 100_000], [false, 0], [true, 1000]), undefined, 'it was started again');
  assert.equal(after([true, 1000], [true, 100_000]), undefined);
});
