import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteUnit } from './metric-format.ts';
import { extremesOf, gapsOf, movedCursor, type PlotData, rowsOf, summaryOf, topOf } from './plot-text.ts';

/** A plot whose times are 0, 10, 20 … */
function plot(...values: (number | null)[][]): PlotData {
  const times = (values[0] ?? []).map((_, index) => index * 10);
  return { times, lines: values.map((each, index) => ({ label: 'abc'[index] ?? '', values: each })) };
}

const gaps: { name: string; data: PlotData; gaps: [number, number][] }[] = [
  { name: 'none', data: plot([1, 2]), gaps: [] },
  { name: 'at the beginning', data: plot([null, null, 3]), gaps: [[0, 10]] },
  { name: 'between', data: plot([1, null, 3]), gaps: [[10, 10]] },
  { name: 'at the end', data: plot([1, null, null]), gaps: [[10, 20]] },
  { name: 'all', data: plot([null, null]), gaps: [[0, 10]] },
  { name: 'not where one line has a value', data: plot([1, null, 3], [null, 2, null]), gaps: [] },
  { name: 'no times', data: plot([]), gaps: [] },
];
for (const { name, data, gaps: expected } of gaps) {
  test(`gaps of a plot: ${name}`, () =>
    assert.deepEqual(
      gapsOf(data).map(({ from, to }) => [from, to]),
      expected,
    ));
}

test('a plot in words', () => {
  const text = summaryOf(plot([2, null, 1], [null, null, null]), value => `${value} GB`);
  assert.equal(text, 'a: last 1 GB, between 1 GB and 2 GB; b: no values');
  assert.equal(extremesOf([null]), undefined);
});

test('the rows of a plot are values that it has, the newest first', () => {
  assert.deepEqual(rowsOf(plot([1, 2, 3]), 10), [
    { time: 20, values: [3] },
    { time: 10, values: [2] },
    { time: 0, values: [1] },
  ]);
  assert.deepEqual(rowsOf(plot([1, null, 3, null, null]), 3), [
    { time: 30, values: [null] },
    { time: 20, values: [3] },
    { time: 0, values: [1] },
  ]);
  assert.deepEqual(rowsOf(plot([]), 3), []);
});

for (const [values, top] of [
  [[0], 1],
  [[null], 1],
  [[0.03], 0.03],
  [[0.031], 0.04],
  [[7], 8],
  [[9], 10],
  [[100], 100],
  [[101], 120],
  [[999], 1000],
] as const) {
  test(`the scale of a plot up to ${values} ends at ${top}`, () =>
    assert.equal(topOf([{ label: 'a', values }], { base: 1000 }), top));
}

for (const [value, top] of [
  [0, 2048],
  [512, 600],
  [1024, 1024],
  [7 * 1024, 8 * 1024],
  [1000 * 1024, 1000 * 1024],
  [1023 * 1024, 1200 * 1024],
] as const) {
  test(`the scale of a plot of bytes up to ${value} ends at ${top}`, () =>
    assert.equal(topOf([{ label: 'a', values: [value] }], byteUnit), top));
}

for (const [key, at, to] of [
  ['ArrowLeft', 3, 2],
  ['ArrowLeft', 0, 0],
  ['ArrowRight', 4, 4],
  ['PageUp', 0, 4],
  ['Home', 3, 0],
  ['End', 3, 4],
  ['x', 3, undefined],
  ['constructor', 3, undefined],
] as const) {
  test(`${key} moves the cursor of a plot from ${at} to ${to}`, () => assert.equal(movedCursor(key, at, 5), to));
}
