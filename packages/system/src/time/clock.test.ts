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

test('a clock that is set by hours says another time, and lets as much pass as before', () => {
  const clock = new FakeClock();
  const [now, steady] = [clock.now(), clock.steady()];
  let over = false;
  clock.after(1000, () => (over = true));
  clock.set(-3_600_000);
  clock.advance(1000);
  assert.deepEqual([clock.now() - now, clock.steady() - steady, over], [-3_599_000, 1000, true]);
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
