import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@meseta/system/testing';
import { Ages } from './ages.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Minutes that pass, and hours by which the clock is set, in their order; the ages are those of files of the beginning and the end. */
const cases: { name: string; steps: ({ pass: number } | { set: number })[]; first: number; last: number }[] = [
  { name: 'time passes', steps: [{ pass: 5 }], first: 5, last: 0 },
  { name: 'set forward', steps: [{ pass: 5 }, { set: 1 }, { pass: 2 }], first: 7, last: 0 },
  { name: 'set forward by decades', steps: [{ pass: 5 }, { set: 500_000 }, { pass: 2 }], first: 7, last: 0 },
  { name: 'set forward twice', steps: [{ set: 1 }, { pass: 5 }, { set: 1 }, { pass: 2 }], first: 7, last: 0 },
  {
    name: 'forward and back',
    steps: [{ pass: 5 }, { set: 1 }, { pass: 2 }, { set: -1 }, { pass: 1 }],
    first: 8,
    last: 0,
  },
  { name: 'forward and back a bit', steps: [{ set: 2 }, { pass: 2 }, { set: -1 }, { pass: 1 }], first: 3, last: 0 },
  {
    name: 'set back: new until that time has come',
    steps: [{ pass: 5 }, { set: -1 }, { pass: 56 }],
    first: 1,
    last: 0,
  },
];
for (const { name, steps, first, last } of cases) {
  test(name, () => {
    const clock = new FakeClock();
    const ages = new Ages(clock);
    const begin = clock.now();
    for (const step of steps) {
      if ('pass' in step) clock.advance(step.pass * minute);
      else clock.set(step.set * hour);
      ages.of(begin); // a pass of the collector
    }
    assert.deepEqual([ages.of(begin), ages.of(clock.now())], [first * minute, last * minute]);
  });
}

test('a file of a right clock is as old as it is when a wrong one is set forward to it', () => {
  const clock = new FakeClock(0);
  const ages = new Ages(clock);
  clock.set(1000 * hour);
  assert.equal(ages.of(990 * hour), 10 * hour);
});
