import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HistoryAnswer, type HistoryData, mergeHistory, slotTimes } from './history-data.ts';

const step = 5000;

/** An answer whose slots, beginning with number `from`, have these values; times are in the middle of the slots. */
function answer(from: number, values: (number | null)[]): HistoryAnswer {
  const times = values.map((value, index) => (value === null ? null : (from + index + 0.5) * step));
  return {
    ...{ window: '1h', step_ms: step, from: from * step, until: (from + values.length) * step },
    times,
    series: { a: values },
  };
}

const merged = (...answers: HistoryAnswer[]) =>
  answers.reduce<HistoryData | undefined>(mergeHistory, undefined) as HistoryData;

const cases: { name: string; answers: HistoryAnswer[]; from: number; values: (number | null)[] }[] = [
  { name: 'the first answer', answers: [answer(0, [1, 2])], from: 0, values: [1, 2] },
  { name: 'what is new', answers: [answer(0, [1, 2]), answer(2, [3])], from: 0, values: [1, 2, 3] },
  { name: 'nothing is new', answers: [answer(0, [1, 2]), answer(2, [])], from: 0, values: [1, 2] },
  { name: 'a slot again', answers: [answer(0, [1, 2]), answer(1, [5, 3])], from: 0, values: [1, 5, 3] },
  { name: 'slots between', answers: [answer(0, [1]), answer(3, [4])], from: 0, values: [1, null, null, 4] },
  { name: 'a clock set back', answers: [answer(5, [1, 2]), answer(2, [3, 4])], from: 2, values: [3, 4] },
];
for (const { name, answers, from, values } of cases) {
  test(`history: ${name}`, () => {
    const data = merged(...answers);
    assert.deepEqual([data.from, data.series.a], [from * step, values]);
    assert.equal(data.until, data.from + values.length * step);
    assert.equal(data.times.length, values.length);
  });
}

test('history: what is older than the window goes', () => {
  const hour = Array.from({ length: 720 }, (_, slot) => slot);
  const data = merged(answer(0, hour), answer(720, [720, 721]));
  assert.deepEqual([data.from, data.times.length, data.series.a?.[0], data.series.a?.at(-1)], [2 * step, 720, 2, 721]);
});

test('history: nothing stays after a gap as long as the window', () => {
  const data = merged(answer(0, [1]), answer(5000, [2]));
  assert.equal(data.times.length, 720);
  assert.deepEqual(
    data.series.a?.filter(value => value !== null),
    [2],
  );
});

test('history: a slot without a sample has the time of its middle', () => {
  assert.deepEqual(slotTimes(merged(answer(0, [1, null]))), [2500, 7500]);
});
