import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NumberColumn, TextColumn, WordColumn } from '../store/columns.ts';
import { Table } from '../store/table.ts';
import { compileFilter, parseFilter } from './filter.ts';

const table = new Table({ id: new TextColumn(), state: new WordColumn(), cpus: new NumberColumn() });
const rows: readonly (readonly [id: string, state: string, cpus: number])[] = [
  ['web-1', 'TASK_RUNNING', 0.5],
  ['web-2', 'TASK_FAILED', 2],
  ['db one', 'TASK_RUNNING', 4],
  ['DB-2', '', Number.NaN],
];
for (const [id, state, cpus] of rows) {
  const row = table.obtain(id);
  table.columns.id.set(row, id);
  table.columns.state.set(row, state);
  table.columns.cpus.set(row, cpus);
}

const cases: readonly { filter: string; matches: readonly string[]; problems?: readonly string[] }[] = [
  { filter: '', matches: ['web-1', 'web-2', 'db one', 'DB-2'] },
  { filter: '   ', matches: ['web-1', 'web-2', 'db one', 'DB-2'] },
  { filter: 'web', matches: ['web-1', 'web-2'] },
  { filter: 'db', matches: ['db one', 'DB-2'] },
  { filter: 'WEB failed', matches: ['web-2'] },
  { filter: '"db one"', matches: ['db one'] },
  { filter: 'id:"db o', matches: ['db one'] },
  { filter: 'state:running', matches: ['web-1', 'db one'] },
  { filter: 'state:failed,running -id:web-1', matches: ['web-2', 'db one'] },
  { filter: '-state:running', matches: ['web-2', 'DB-2'] },
  { filter: '-web', matches: ['db one', 'DB-2'] },
  { filter: 'cpus:2', matches: ['web-2'] },
  { filter: 'cpus:>0.5', matches: ['web-2', 'db one'] },
  { filter: 'cpus:>=0.5 cpus:<=2', matches: ['web-1', 'web-2'] },
  { filter: 'cpus:<1,>3', matches: ['web-1', 'db one'] },
  { filter: 'cpus:many', matches: [] },
  { filter: 'rack:a web', matches: ['web-1', 'web-2'], problems: ['rack:a'] },
  { filter: 'state: web', matches: ['web-1', 'web-2'], problems: ['state:'] },
  { filter: '- "" web', matches: ['web-1', 'web-2'], problems: ['-', '""'] },
  { filter: 'state:=running', matches: ['web-1', 'db one'] },
  { filter: 'state:=run', matches: [] },
  { filter: 'state:=failed,running -id:="DB ONE"', matches: ['web-1', 'web-2'] },
  { filter: 'id:="db one","WEB-1"', matches: ['web-1', 'db one'] },
  { filter: 'state:=""', matches: ['DB-2'] },
  { filter: 'cpus:=2', matches: ['web-2'] },
  { filter: '=web-1', matches: ['web-1'] },
  { filter: 'id:"\\"" web', matches: [] },
  { filter: 'state:=', matches: ['web-1', 'web-2', 'db one', 'DB-2'], problems: ['state:='] },
  { filter: 'constructor:a', matches: ['web-1', 'web-2', 'db one', 'DB-2'], problems: ['constructor:a'] },
];

test('words are found by what they are called as well', () => {
  const hosts: Readonly<Record<string, string>> = { s1: 'Node1', s2: 'node2' };
  const tasks = new Table(
    { id: new TextColumn(), agent: new WordColumn() },
    {
      of: { agent: id => hosts[id] ?? '' },
      version: 0,
    },
  );
  for (const [id, agent] of [
    ['a', 's1'],
    ['b', 's2'],
    ['c', 's3'],
    ['d', ''],
  ] as const) {
    const row = tasks.obtain(id);
    tasks.columns.id.set(row, id);
    tasks.columns.agent.set(row, agent);
  }
  const found = (filter: string) => {
    const test = compileFilter(parseFilter(filter, Object.keys(tasks.columns)), tasks as unknown as Table);
    return [...tasks.rows()].filter(test).map(row => tasks.keyOf(row));
  };
  assert.deepEqual(found('agent:node1'), ['a']);
  assert.deepEqual(found('node'), ['a', 'b']);
  assert.deepEqual(found('agent:=node2,s1'), ['a', 'b']);
  assert.deepEqual(found('agent:=node'), []);
  assert.deepEqual(found('agent:=""'), ['d']);
  assert.deepEqual(found('-agent:node'), ['c', 'd']);
});

for (const { filter, matches, problems = [] } of cases) {
  test(`the filter '${filter}'`, () => {
    const parsed = parseFilter(filter, Object.keys(table.columns));
    const test = compileFilter(parsed, table as unknown as Table);
    assert.deepEqual(
      [...table.rows()].filter(test).map(row => table.keyOf(row)),
      matches,
    );
    assert.deepEqual(
      parsed.problems.map(({ text }) => text),
      problems,
    );
  });
}
