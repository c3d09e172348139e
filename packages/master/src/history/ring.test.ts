import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ring } from './ring.ts';

/** Slots of 10 ms, of which 4 are kept; the one series has the time as its value. */
const ring = () => new Ring({ stepMs: 10, size: 4, series: 1 });

const cases: { name: string; samples: number[]; from: number; times: (number | null)[] }[] = [
  { name: 'each slot has the time of its sample', samples: [3, 15, 29], from: 0, times: [3, 15, 29] },
  { name: 'a later sample of a slot replaces the earlier one', samples: [3, 8], from: 0, times: [8] },
  { name: 'a slot without a sample is empty', samples: [5, 35], from: 0, times: [5, null, null, 35] },
  { name: 'the oldest make room', samples: [5, 15, 25, 35, 45], from: 0, times: [null, 15, 25, 35, 45] },
  { name: 'after a long gap nothing of before is left', samples: [5, 15, 95], from: 6, times: [null, null, null, 95] },
  { name: 'a gap as long as the ring', samples: [5, 15, 45], from: 1, times: [15, null, null, 45] },
  { name: 'a clock set back makes what came after it untrue', samples: [5, 15, 25, 12], from: 0, times: [5, 12] },
  { name: 'the same by more than is kept', samples: [95, 105, 15], from: 0, times: [null, 15] },
  { name: 'time goes on after that', samples: [5, 15, 25, 12, 35], from: 0, times: [5, 12, null, 35] },
];
for (const { name, samples, from, times } of cases) {
  test(name, () => {
    const kept = ring();
    for (const time of samples) kept.write(time, [time]);
    const to = (kept.last as number) + 1;
    const nulls = (values: number[]) => values.map(value => (Number.isNaN(value) ? null : value));
    assert.deepEqual(nulls(kept.times(from, to)), times);
    assert.deepEqual(nulls(kept.values(0, from, to)), times);
  });
}

test('what is not kept yet is empty', () => {
  const kept = ring();
  assert.equal(kept.last, undefined);
  assert.deepEqual(kept.times(0, 2), [Number.NaN, Number.NaN]);
  kept.write(5, [5]);
  assert.deepEqual(kept.times(0, 3), [5, Number.NaN, Number.NaN]);
});

test('any order of samples reads as the newest of each slot that is kept', () => {
  // Against a plain map, for a thousand walks of a clock that stops, jumps and is set back.
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  for (let walk = 0; walk < 1000; walk++) {
    const kept = ring();
    const model = new Map<number, number>();
    let time = 500;
    for (let step = 0; step < 12; step++) {
      time = Math.max(0, time + Math.floor(random() * 60) - (random() < 0.2 ? 60 : 0));
      const slot = Math.floor(time / 10);
      for (const later of [...model.keys()]) if (later > slot) model.delete(later);
      model.set(slot, time);
      kept.write(time, [time]);
      // What a later slot has overwritten does not come back when the clock is set back.
      for (const [index, value] of kept.times(slot - 3, slot + 1).entries()) {
        const expected = model.get(slot - 3 + index);
        if (!Number.isNaN(value)) assert.equal(value, expected);
        else if (index === 3) assert.fail('the newest slot is empty');
      }
    }
  }
});
