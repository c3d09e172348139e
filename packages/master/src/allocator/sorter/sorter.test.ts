import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pseudoRandom } from '../testing.ts';
import { type SorterOptions, sorters } from './index.ts';

const options: SorterOptions = { excluded: new Set(), random: pseudoRandom(), hierarchical: true };
const total = new Map([
  ['cpus', 100_000],
  ['mem', 100_000],
]);
const cpus = (amount: number) => new Map([['cpus', amount * 1000]]);

function drf(clients: Record<string, number>, weights: Record<string, number> = {}, more: Partial<SorterOptions> = {}) {
  const sorter = sorters.drf<string>({ ...options, ...more });
  sorter.setTotal(total);
  for (const [path, weight] of Object.entries(weights)) sorter.setWeight(path, weight);
  for (const [path, held] of Object.entries(clients)) {
    sorter.add(path, path);
    sorter.activate(path);
    if (held > 0) sorter.allocate(path, cpus(held));
  }
  return sorter;
}

const orders: { name: string; clients: Record<string, number>; weights?: Record<string, number>; order: string[] }[] = [
  { name: 'who has least is first', clients: { a: 5, b: 10, c: 1 }, order: ['c', 'a', 'b'] },
  { name: 'equals go by path', clients: { b: 0, a: 0 }, order: ['a', 'b'] },
  { name: 'weights divide shares', clients: { a: 10, b: 8 }, weights: { a: 2 }, order: ['a', 'b'] },
  {
    name: 'children count for their parents',
    clients: { 'a/b': 5, 'a/c': 6, d: 10, e: 12 },
    order: ['d', 'a/b', 'a/c', 'e'],
  },
  { name: 'a parent competes with its children', clients: { a: 5, 'a/b': 3, c: 7 }, order: ['c', 'a/b', 'a'] },
  {
    name: 'as a competitor of its children a parent weighs one',
    clients: { a: 5, 'a/b': 3 },
    weights: { a: 100 },
    order: ['a/b', 'a'],
  },
];
for (const { name, clients, weights, order } of orders) {
  test(name, () => assert.deepEqual(drf(clients, weights).sort(), order));
}

test('the largest share counts, of what is not excluded', () => {
  for (const excluded of [new Set<string>(), new Set(['mem'])]) {
    const sorter = drf({ a: 10, b: 5 }, {}, { excluded });
    sorter.allocate('b', new Map([['mem', 50_000]]));
    assert.deepEqual(sorter.sort(), excluded.size > 0 ? ['b', 'a'] : ['a', 'b']);
  }
});

test('among equals who was given something less often is first', () => {
  const sorter = drf({ a: 0, b: 0 });
  sorter.allocate('a', cpus(1));
  sorter.free('a', cpus(1));
  assert.deepEqual(sorter.sort(), ['b', 'a']);
});

test('without hierarchy a slash is a letter', () => {
  const sorter = drf({ 'a/b': 5, 'a/c': 6, d: 5.5 }, {}, { hierarchical: false });
  assert.deepEqual(sorter.sort(), ['a/b', 'd', 'a/c']);
});

test('inactive clients are left out and still count', () => {
  const sorter = drf({ 'a/b': 5, 'a/c': 6, d: 10 });
  sorter.deactivate('a/c');
  assert.deepEqual(sorter.sort(), ['d', 'a/b']);
});

test('what was sorted before stays', () => {
  const sorter = drf({ a: 0, b: 0 });
  const before = sorter.sort();
  sorter.allocate('a', cpus(1));
  assert.deepEqual(before, ['a', 'b']);
  assert.deepEqual(sorter.sort(), ['b', 'a']);
});

test('clients come and go', () => {
  const sorter = drf({ a: 0, 'a/b/c': 0 });
  sorter.remove('a');
  assert.deepEqual(sorter.sort(), ['a/b/c']);
  sorter.add('a', 'a');
  sorter.activate('a');
  sorter.remove('a/b/c');
  assert.deepEqual(sorter.sort(), ['a']);
  assert.equal(sorter.size, 1);
  assert.throws(() => sorter.add('a', 'a'));
  assert.throws(() => sorter.remove('b'));
});

const path = fc.constantFrom('a', 'b', 'a/x', 'a/y', 'a/x/1', 'c/x', 'c');
const step = fc.record({ path, kind: fc.constantFrom('allocate', 'free', 'sort', 'toggle'), amount: fc.nat(5) });

test('moving clients one by one gives the order that sorting anew gives', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const paths = ['a', 'b', 'a/x', 'a/y', 'a/x/1', 'c/x', 'c'];
      const sorter = drf(Object.fromEntries(paths.map(one => [one, 0])));
      const inactive = new Set<string>();
      for (const { path, kind, amount } of steps) {
        if (kind === 'allocate') sorter.allocate(path, cpus(amount));
        else if (kind === 'sort') sorter.sort();
        else if (kind === 'free' && (sorter.allocation(path).get('cpus') ?? 0) > 0) continue;
        else if (kind === 'toggle') {
          if (inactive.delete(path)) sorter.activate(path);
          else {
            inactive.add(path);
            sorter.deactivate(path);
          }
        }
      }
      const moved = sorter.sort();
      sorter.setTotal(total); // Everything is ranked anew.
      assert.deepEqual(sorter.sort(), moved);
      assert.deepEqual([...moved].sort(), paths.filter(one => !inactive.has(one)).sort());
    }),
  );
});

test('the random sorter prefers weight, whatever is held', () => {
  const sorter = sorters.random<string>(options);
  for (const one of ['a', 'b/x', 'b/y']) {
    sorter.add(one, one);
    sorter.activate(one);
  }
  sorter.add('off', 'off');
  sorter.setWeight('a', 3);
  sorter.allocate('a', cpus(50));
  const first = new Map<string, number>();
  for (let i = 0; i < 4000; i++) {
    const order = sorter.sort();
    assert.equal(order.length, 3);
    first.set(order[0]!, (first.get(order[0]!) ?? 0) + 1);
  }
  const share = (one: string) => (first.get(one) ?? 0) / 4000;
  assert.ok(Math.abs(share('a') - 3 / 4) < 0.05, String([...first]));
  assert.ok(Math.abs(share('b/x') - 1 / 8) < 0.05, String([...first]));
});
