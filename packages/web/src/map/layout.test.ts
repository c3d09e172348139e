import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellAt, indexAt, layoutOf, movedCell } from './layout.ts';

const layouts: { count: number; width: number; pitch: number; columns: number; rows: number }[] = [
  { count: 0, width: 1000, pitch: 32, columns: 31, rows: 0 },
  { count: 1, width: 1000, pitch: 32, columns: 31, rows: 1 },
  { count: 310, width: 1000, pitch: 30, columns: 33, rows: 10 },
  { count: 10_000, width: 1200, pitch: 6, columns: 200, rows: 50 },
  { count: 10_000, width: 300, pitch: 5, columns: 60, rows: 167 },
  { count: 3, width: 0, pitch: 32, columns: 1, rows: 3 },
];
for (const { count, width, ...expected } of layouts) {
  test(`a map of ${count} agents on ${width} pixels`, () => {
    const { pitch, columns, rows, height } = layoutOf(count, width, 300);
    assert.deepEqual({ pitch, columns, rows }, expected);
    assert.equal(height, rows * pitch);
  });
}

test('a map finds each cell again by all of its corners, and nothing beside them', () => {
  for (const [count, width] of [
    [1, 100],
    [97, 333],
    [1000, 801],
    [10_000, 1280],
  ] as const) {
    const layout = layoutOf(count, width, 300);
    for (let index = 0; index < count; index++) {
      const [x, y] = cellAt(layout, index);
      assert.ok(x >= 0 && x + layout.side <= width && y + layout.side <= layout.height);
      assert.equal(indexAt(layout, x, y), index);
      assert.equal(indexAt(layout, x + layout.pitch - 0.5, y + layout.pitch - 0.5), index);
    }
    const right = layout.columns * layout.pitch;
    for (const [x, y] of [
      [-1, 0],
      [0, -1],
      [right, 0],
      [0, layout.height],
    ] as const)
      assert.equal(indexAt(layout, x, y), undefined, `${x} ${y}`);
    const afterLast = cellAt(layout, count);
    assert.equal(indexAt(layout, ...afterLast), undefined);
  }
});

/** Ten cells, four in a row. */
const ten = { count: 10, columns: 4, rows: 3, pitch: 10, side: 9, height: 30 };
for (const [key, at, to] of [
  ['ArrowRight', 3, 4],
  ['ArrowRight', 9, 9],
  ['ArrowLeft', 0, 0],
  ['ArrowDown', 1, 5],
  ['ArrowDown', 7, 7],
  ['ArrowUp', 5, 1],
  ['ArrowUp', 1, 1],
  ['Home', 6, 4],
  ['End', 4, 7],
  ['End', 8, 9],
  ['PageUp', 8, 0],
  ['PageDown', 0, 9],
  ['a', 0, undefined],
  ['toString', 0, undefined],
] as const) {
  test(`${key} on a map leads from ${at} to ${to}`, () => assert.equal(movedCell(ten, key, at), to));
}
