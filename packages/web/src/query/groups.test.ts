import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NumberColumn, WordColumn } from '../store/columns.ts';
import { Table } from '../store/table.ts';
import { isHeading, type Query, View } from './view.ts';

function aView(of: Partial<Query> = {}) {
  const table = new Table({ role: new WordColumn(), number: new NumberColumn() });
  const put = (key: string, role: string, number: number) => {
    const row = table.obtain(key);
    table.columns.role.set(row, role);
    table.columns.number.set(row, number);
    table.changed(row);
  };
  const query = {
    filter: '',
    sort: 'number',
    descending: false,
    group: 'role',
    open: [],
    offset: 0,
    limit: 100,
    ...of,
  };
  return { table, put, query, view: new View(table as unknown as Table, query) };
}

const lines = (view: View) =>
  view
    .read()
    .rows.map(line => (isHeading(line) ? `${line.isOpen ? '-' : '+'}${line.heading} ${line.count}` : line.key));

describe('a view in groups', () => {
  test('has a heading for each group, and the rows of open ones in order', () => {
    const { put, query, view } = aView();
    put('a', 'web', 3);
    put('b', 'db', 2);
    put('c', 'web', 1);
    assert.deepEqual(lines(view), ['+db 1', '+web 2']);
    view.ask({ ...query, open: ['web', 'gone'] });
    assert.deepEqual(lines(view), ['+db 1', '-web 2', 'c', 'a']);
    assert.equal(view.read().lines, 4);
    assert.equal(view.read().matched, 3);
    put('b', 'web', 2);
    assert.deepEqual(lines(view), ['-web 3', 'c', 'b', 'a']);
    view.ask({ ...query, group: 'number' });
    assert.deepEqual(lines(view), ['c', 'b', 'a']);
  });

  test('is any part of all its lines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('', 'a', 'b', 'c', 'd'), { maxLength: 30 }),
        fc.subarray(['', 'a', 'b', 'c', 'd']),
        fc.nat(40),
        fc.nat(10),
        (roles, open, offset, limit) => {
          const { put, query, view } = aView();
          for (const [number, role] of roles.entries()) put(`row ${number}`, role, number);
          view.ask({ ...query, open });
          const all = lines(view);
          assert.equal(view.read().lines, all.length);
          view.ask({ ...query, open, offset, limit });
          const begin = view.read().offset;
          assert.deepEqual(lines(view), all.slice(begin, begin + limit));
        },
      ),
    );
  });
});
