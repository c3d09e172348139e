import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, formatTable } from './table.ts';

interface Row {
  id: string;
  size: number;
}

const columns: Column<Row>[] = [
  { header: 'ID', value: ({ id }) => id, shrinks: 'end' },
  { header: 'SIZE', value: ({ size }) => String(size), align: 'right' },
];
const rows: Row[] = [
  { id: 'a', size: 1 },
  { id: 'an-identifier-that-is-long', size: 12345 },
];
const lines = (width?: number) => formatTable(columns, rows, width).trimEnd().split('\n');

test('aligns columns', () => {
  assert.deepEqual(lines(), [
    'ID                           SIZE',
    'a                               1',
    'an-identifier-that-is-long  12345',
  ]);
});

test('cuts what may shrink to the width of the terminal', () => {
  for (const width of [20, 24, 30]) {
    assert.ok(
      lines(width).every(line => line.length <= width),
      `width ${width}`,
    );
    assert.match(lines(width)[2] ?? '', /^an-id.*…\s+12345$/);
  }
});

test('cuts ids in the middle: beginning and end stay', () => {
  const ids: Column<Row>[] = [{ header: 'ID', value: ({ id }) => id, shrinks: 'middle' }];
  assert.equal(formatTable(ids, rows, 12).trimEnd().split('\n')[2], 'an-id…s-long');
});

test('leaves optional columns out before it cuts lines', () => {
  const all: Column<Row>[] = [...columns, { header: 'NOTE', value: () => 'a note that is long', optional: true }];
  assert.deepEqual(formatTable(all, rows, 24).split('\n'), formatTable(columns, rows, 24).split('\n'));
});

test('a terminal of 0 columns does not tell its width: nothing is cut', () => assert.deepEqual(lines(0), lines()));

test('no line is longer than the terminal, however narrow', () => {
  for (const width of [1, 5, 10]) assert.ok(lines(width).every(line => line.length <= width));
});

test('control characters do not reach the terminal', () => {
  assert.ok(!formatTable(columns, [{ id: '\u001b[31mred\n', size: 0 }]).includes('\u001b'));
});
