import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchProblems, sortingOf, type TableSearch, tableSearch, withGroupToggled } from './search.ts';

const columns = [{ name: 'id' }, { name: 'updated' }];
const groups = { role: 'Role' };

const cases: readonly {
  name: string;
  raw: Record<string, unknown>;
  search: TableSearch;
  problems?: readonly string[];
}[] = [
  { name: 'nothing', raw: {}, search: {} },
  {
    name: 'everything',
    raw: { filter: 'a', sort: 'id', desc: true, group: 'role', open: ['x'] },
    search: { filter: 'a', sort: 'id', desc: true, group: 'role', open: ['x'] },
  },
  { name: 'values that look like others', raw: { filter: 7, open: [1] }, search: { filter: '7', open: ['1'] } },
  { name: 'empty values', raw: { filter: '', sort: '', group: '', open: [] }, search: {} },
  {
    name: 'what there is not',
    raw: { sort: 'size', group: 'constructor' },
    search: { sort: 'size', group: 'constructor' },
    problems: ['sort=size', 'group=constructor'],
  },
  {
    name: 'malformed values',
    raw: { sort: 1, desc: 'yes', group: {}, open: 'x' },
    search: {},
    problems: ['sort=1', 'desc=yes', 'group={}', 'open=x'],
  },
  { name: 'parameters of others', raw: { tab: 'output' }, search: {} },
];

for (const { name, raw, search, problems = [] } of cases) {
  test(`the address of a table with ${name}`, () => {
    assert.deepEqual(tableSearch(raw), search);
    assert.deepEqual(
      searchProblems(raw, { columns, groups }).map(({ text }) => text),
      problems,
    );
  });
}

test('an order by an unknown column is the usual one', () => {
  const usual = { sort: 'updated', descending: true };
  assert.deepEqual(sortingOf({ sort: 'size', desc: false }, columns, usual), usual);
  assert.deepEqual(sortingOf({ sort: 'id' }, columns, usual), { sort: 'id', descending: false });
});

test('groups are opened and closed in the address, a limited number of them', () => {
  const one = withGroupToggled({ group: 'role' }, 'a');
  assert.deepEqual(one, { group: 'role', open: ['a'] });
  assert.deepEqual(withGroupToggled(one, 'a'), { group: 'role' });
  let many: TableSearch = {};
  for (let each = 0; each < 60; each++) many = withGroupToggled(many, String(each));
  assert.equal(many.open?.length, 50);
  assert.equal(many.open?.at(-1), '59');
});
