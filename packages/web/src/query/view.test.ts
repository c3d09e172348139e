import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NumberColumn, WordColumn } from '../store/columns.ts';
import { Table } from '../store/table.ts';
import { type Query, View } from './view.ts';

function aTable() {
  const table = new Table({ word: new WordColumn(), number: new NumberColumn() });
  const put = (key: string, word: string, number: number) => {
    const row = table.obtain(key);
    table.columns.word.set(row, word);
    table.columns.number.set(row, number);
    table.changed(row);
  };
  return { table: table as unknown as Table, put };
}

const query = (of: Partial<Query> = {}): Query => ({
  filter: '',
  sort: 'number',
  descending: false,
  offset: 0,
  limit: 100,
  ...of,
});
const keys = (view: View) => view.read().rows.map(({ key }) => key);

describe('a view', () => {
  test('has the rows of its window, in order', () => {
    const { table, put } = aTable();
    for (const [number, key] of ['c', 'a', 'b', 'd'].entries()) put(key, key, number);
    const view = new View(table, query({ offset: 1, limit: 2 }));
    assert.deepEqual(keys(view), ['a', 'b']);
    view.ask(query({ offset: 1, limit: 2, descending: true }));
    assert.deepEqual(keys(view), ['b', 'a']);
    view.ask(query({ sort: 'word', filter: '-b' }));
    const { total, matched, rows } = view.read();
    assert.deepEqual([total, matched, rows.map(({ key }) => key)], [4, 3, ['a', 'c', 'd']]);
  });

  test('begins at its last row when it is asked for later ones', () => {
    const { table, put } = aTable();
    put('a', '', 1);
    const view = new View(table, query({ offset: 1000 }));
    assert.deepEqual([view.read().offset, keys(view)], [0, ['a']]);
  });

  test('knows whether there is something new', () => {
    const { table, put } = aTable();
    const view = new View(table, query());
    assert.equal(view.hasChanged, true);
    view.read();
    assert.equal(view.hasChanged, false);
    put('a', '', 1);
    assert.equal(view.hasChanged, true);
    view.read();
    view.ask(query({ offset: 5 }));
    assert.equal(view.hasChanged, true);
    view.read();
    view.close();
    put('b', '', 1);
    assert.equal(view.hasChanged, false);
  });

  test('follows what words are called', () => {
    const hosts = new Map([['s1', 'b']]);
    const names = { of: { agent: (id: string) => hosts.get(id) ?? '' }, version: 0 };
    const table = new Table({ agent: new WordColumn() }, names);
    for (const [key, agent] of [
      ['x', 's1'],
      ['y', 's2'],
      ['z', 's1'],
    ] as const)
      table.columns.agent.set(table.obtain(key), agent);
    const view = new View(table as unknown as Table, query({ sort: 'agent' }));
    const found = new View(table as unknown as Table, query({ filter: 'agent:a' }));
    assert.deepEqual([keys(view), keys(found)], [['x', 'z', 'y'], []]);
    hosts.set('s2', 'a');
    names.version++;
    assert.deepEqual([view.hasChanged, found.hasChanged], [true, true]);
    assert.deepEqual([keys(view), keys(found)], [['y', 'x', 'z'], ['y']]);
    assert.deepEqual(
      view.read().rows.map(row => 'agent_name' in row && row.agent_name),
      ['a', 'b', 'b'],
    );
    view.ask(query({ sort: 'agent', group: 'agent', open: ['s2'] }));
    assert.deepEqual(
      view.read().rows.map(line => ('heading' in line ? [line.heading, line.title, line.count] : line.key)),
      [['s2', 'a', 1], 'y', ['s1', 'b', 2]],
    );
    assert.equal(view.hasChanged, false);
  });

  test('is after any changes what a new one is', () => {
    const change = fc.record({
      key: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
      word: fc.constantFrom('', 'x', 'xy', 'z'),
      number: fc.oneof(fc.nat(5), fc.constant(Number.NaN)),
      removed: fc.boolean(),
      reads: fc.boolean(),
    });
    const sort = fc.constantFrom('word', 'number', 'none');
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 80 }),
        sort,
        fc.boolean(),
        fc.constantFrom('', 'word:x', '-number:>2'),
        (changes, by, descending, filter) => {
          const { table, put } = aTable();
          const asked = query({ sort: by, descending, filter });
          const view = new View(table, asked);
          for (const { key, word, number, removed, reads } of changes) {
            if (removed) table.remove(key);
            else put(key, word, number);
            if (reads) view.read();
          }
          assert.deepEqual(view.read(), new View(table, asked).read());
        },
      ),
    );
  });
});
