import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing/index.ts';
import { delay, endsWithin } from './clock.ts';

test('a delay ends after its time, or when its signal is aborted', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const delays = [delay(clock, 1000), delay(clock, 5000, stop.signal)];
  clock.advance(1000);
  await delays[0];
  stop.abort();
  await delays[1];
  await delay(clock, 1000, stop.signal);
  assert.equal(clock.pending, 0);
});

const failed = () => Promise.reject(new Error('no'));
const outcomes: { name: string; work: () => Promise<unknown>; outcome: boolean | 'no' }[] = [
  { name: 'ends', work: () => Promise.resolve(), outcome: true },
  { name: 'goes on', work: () => new Promise(() => {}), outcome: false },
  { name: 'fails', work: failed, outcome: 'no' },
];
for (const { name, work, outcome } of outcomes) {
  test(`a wait of a second for work that ${name}`, async () => {
    const clock = new FakeClock();
    const waiting = endsWithin(clock, 1000, work()).catch(({ message }: Error) => message);
    await Promise.resolve();
    if (outcome === false) clock.advance(1000);
    assert.equal(await waiting, outcome);
    assert.equal(clock.pending, 0);
  });
}
