import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ListColumn, NumberColumn, WordColumn } from '../store/columns.ts';
import { Table } from '../store/table.ts';
import { facetsOf } from './facets.ts';
import { compileFilter, parseFilter } from './filter.ts';
import { chosenValues, exactly, toggled } from './filter-tokens.ts';

function aTable() {
  const table = new Table({ state: new WordColumn(), label: new ListColumn(), cpus: new NumberColumn() });
  const put = (key: string, state: string, labels: readonly string[]) => {
    const row = table.obtain(key);
    table.columns.state.set(row, state);
    table.columns.label.setItems(row, labels);
    table.columns.cpus.set(row, 1);
    table.changed(row);
  };
  put('a', 'TASK_RUNNING', ['team=web', 'tier=front']);
  put('b', 'TASK_RUNNING', ['team=web-2']);
  put('c', 'TASK_FAILED', ['team=web', 'note=two words, "quoted"']);
  put('d', '', []);
  return { table: table as unknown as Table, put };
}

const shown = (table: Table, filter: string) =>
  Object.fromEntries(
    facetsOf(table, filter, ['state', 'label', 'cpus', 'none']).map(({ column, values }) => [
      column,
      values.map(({ value, count }) => `${value} ${count}`),
    ]),
  );

const matched = (table: Table, filter: string) =>
  [...table.rows()].filter(compileFilter(parseFilter(filter, Object.keys(table.columns)), table)).length;

describe('facets', () => {
  test('count rows by the values of a column, and by each item of a list', () => {
    assert.deepEqual(shown(aTable().table, ''), {
      state: ['TASK_RUNNING 2', ' 1', 'TASK_FAILED 1'],
      label: ['team=web 2', ' 1', 'note=two words, "quoted" 1', 'team=web-2 1', 'tier=front 1'],
    });
  });

  test('count what the other conditions leave', () => {
    const { state, label } = shown(aTable().table, 'label:=team=web') as Record<string, string[]>;
    assert.deepEqual(state, ['TASK_FAILED 1', 'TASK_RUNNING 1']);
    assert.equal(label?.length, 5);
    const chosen = shown(aTable().table, 'state:=failed label:=tier=front');
    assert.deepEqual(chosen.state, ['TASK_RUNNING 1', 'failed 0']);
  });

  test('say of each value how many rows choosing it alone shows', () => {
    const { table } = aTable();
    for (const { column, values } of facetsOf(table, '', ['state', 'label']))
      for (const { value, count } of values) assert.equal(matched(table, exactly(column, [value])), count, value);
  });

  test('forget values that no row has any more', () => {
    const { table, put } = aTable();
    for (let each = 0; each < 1000; each++) put('a', `state ${each}`, [`label=${each}`]);
    const column = table.columns.state as WordColumn;
    assert.ok(column.words.length < 10, String(column.words.length));
    table.remove('a');
    assert.deepEqual(shown(table, '').state, [' 1', 'TASK_FAILED 1', 'TASK_RUNNING 1']);
  });

  test('of many values show those of most rows, and chosen ones', () => {
    const { table, put } = aTable();
    for (let each = 0; each < 100; each++) put(`row ${each}`, `many ${each}`, []);
    const [facet] = facetsOf(table, 'state:="many 99"', ['state']);
    assert.equal(facet?.values.length, 9);
    assert.ok(facet?.values.some(({ value }) => value === 'many 99'));
    assert.equal(facet?.more, 94);
  });
});

const toggles: readonly (readonly [filter: string, field: string, value: string, next: string])[] = [
  ['', 'state', 'failed', 'state:=failed'],
  ['web', 'state', 'failed', 'web state:=failed'],
  ['state:=failed web', 'state', 'lost', 'state:=failed,lost web'],
  ['state:=failed,lost web', 'state', 'failed', 'state:=lost web'],
  ['state:=failed web', 'state', 'failed', 'web'],
  ['-state:=failed', 'state', 'failed', '-state:=failed state:=failed'],
  ['state:failed', 'state', 'failed', 'state:failed state:=failed'],
  ['', 'label', 'a b,"c"', 'label:="a b,\\"c\\""'],
  ['label:="a b,\\"c\\""', 'label', 'd', 'label:="a b,\\"c\\"",d'],
  ['', 'health', '', 'health:=""'],
  ['health:=""', 'health', '', ''],
];

for (const [filter, field, value, next] of toggles) {
  test(`'${filter}' with the ${field} '${value}' toggled`, () => {
    assert.equal(toggled(filter, field, value), next);
    const has = chosenValues(filter, field).includes(value);
    assert.equal(chosenValues(next, field).includes(value), !has);
  });
}
