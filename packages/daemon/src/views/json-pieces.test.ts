import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonPieces, listed } from './json-pieces.ts';

const lazy = <T>(...values: T[]): Iterable<T> => ({ [Symbol.iterator]: () => values.values() });

const cases: { name: string; value: unknown; same: unknown }[] = [
  { name: 'nothing', value: {}, same: {} },
  { name: 'plain values', value: { a: 1, b: 'x', c: null, d: true }, same: { a: 1, b: 'x', c: null, d: true } },
  { name: 'members that are not there', value: { a: undefined, b: 1 }, same: { b: 1 } },
  { name: 'arrays', value: { a: [1, { b: [2] }], c: [] }, same: { a: [1, { b: [2] }], c: [] } },
  { name: 'a list that is no array', value: lazy({ a: 1 }, { a: 2 }), same: [{ a: 1 }, { a: 2 }] },
  { name: 'empty lists', value: { a: lazy(), b: { c: lazy() } }, same: { a: [], b: { c: [] } } },
  {
    name: 'lists within elements of lists',
    value: { a: { b: lazy({ id: 1, c: lazy({ d: [1] }), e: { f: 1 } }) } },
    same: { a: { b: [{ id: 1, c: [{ d: [1] }], e: { f: 1 } }] } },
  },
  { name: 'names with quotes', value: { 'a"\n': lazy('b"\u0000\ud800') }, same: { 'a"\n': ['b"\u0000\ud800'] } },
];

for (const { name, value, same } of cases) {
  test(`pieces of JSON: ${name}`, () => assert.deepEqual(JSON.parse([...jsonPieces(value)].join('')), same));
}

test('an element is made when its turn comes', () => {
  let made = 0;
  const elements = (function* () {
    for (;;) yield { number: made++ };
  })();
  const pieces = jsonPieces({ elements });
  for (let count = 0; count < 4; count++) pieces.next();
  assert.ok(made > 0 && made < 100);
  pieces.return(undefined);
});

test('elements that may not be seen are left out, and others go on while there are only such', () => {
  const numbers = Array.from({ length: 100 }, (_, number) => number);
  const even = listed(numbers, String, number => number % 2 === 0);
  const text = [...jsonPieces({ even })].join('');
  assert.deepEqual(JSON.parse(text).even.length, 50);
  const pieces = [...jsonPieces({ none: listed(numbers, String, () => false) })];
  assert.ok(pieces.length > 3);
  assert.equal(pieces.join(''), '{"none":[]}');
});
