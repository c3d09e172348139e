import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributeIncludes, attributesEqual, attributesView, parseAttributes, printAttributes } from './attributes.ts';
import { resourcesView } from './endpoint.ts';
import { containsQuantities, parseMinAllocatable, parseQuantities, subtractQuantities } from './quantities.ts';
import { Resources } from './resources.ts';
import { parseResources } from './testing/index.ts';

const attributes: { text: string; view: Record<string, number | string> }[] = [
  { text: 'rack:r1;zone:a', view: { rack: 'r1', zone: 'a' } },
  { text: 'k:v:w', view: { k: 'v:w' } },
  { text: 'cores:1.5', view: { cores: 1.5 } },
  { text: 'ports:[1-2, 4-4]', view: { ports: '[1-2, 4-4]' } },
  { text: 'a:1; b:x;', view: { a: 1, b: 'x' } },
  { text: 'text:a b', view: { text: 'ab' } },
  { text: 'n:-1', view: { n: '-1' } },
];
for (const { text, view } of attributes) {
  test(`attributes '${text}'`, () => assert.deepEqual(attributesView(parseAttributes(text)), view));
}

const badAttributes: [text: string, message: string][] = [
  ['k', "Invalid attribute key:value pair 'k'"],
  [':v', "Invalid attribute key:value pair ':v'"],
  ['k:', "Invalid attribute key:value pair 'k:'"],
  ['k:{a}', 'Bad type for attribute k text {a} type SET'],
  ['k:[2-1]', 'Failed to parse attribute k text [2-1] error Range 2-1 ends before it begins'],
  [' :v', "Invalid attribute key:value pair ' :v'"],
  ['k:[1', 'Failed to parse attribute k text [1 error Mismatched brackets'],
];
for (const [text, message] of badAttributes) {
  test(`refuses attributes '${text}'`, () => assert.throws(() => parseAttributes(text), { message }));
}

test('attributes are compared without order; a key may repeat', () => {
  assert.ok(attributesEqual(parseAttributes('a:1;a:2'), parseAttributes('a:2;a:1')));
  assert.ok(!attributesEqual(parseAttributes('a:1'), parseAttributes('a:2')));
});

test('the view of resources has cpus, gpus, mem and disk, and revocable ones apart', () => {
  const resources = parseResources('cpus:8;cpus(rec):1;bandwidth:5;ports:[31000-32000];zones:{a,b}').add(
    Resources.of([{ name: 'cpus', type: 'SCALAR', scalar: { value: 0.5 }, revocable: {} }]),
  );
  assert.deepEqual(resourcesView(resources), {
    disk: 0,
    mem: 0,
    gpus: 0,
    cpus: 9,
    bandwidth: 5,
    cpus_revocable: 0.5,
    ports: '[31000-32000]',
    zones: '{a, b}',
  });
});

test('quantities', () => {
  const quantities = parseQuantities('cpus:0.01;mem:32;mem:1;disk:0');
  assert.deepEqual(
    [...quantities],
    [
      ['cpus', 10],
      ['mem', 33_000],
    ],
  );
  assert.equal(parseMinAllocatable('cpus:0.01|mem:32').length, 2);
  assert.deepEqual(parseMinAllocatable(''), []);
  assert.ok(containsQuantities(quantities, parseQuantities('mem:33')));
  assert.ok(!containsQuantities(quantities, parseQuantities('disk:1')));
  assert.deepEqual([...subtractQuantities(quantities, parseQuantities('mem:40;cpus:0.005'))], [['cpus', 5]]);
});

const badQuantities: [text: string, message: string][] = [
  ['cpus', "Failed to parse 'cpus': missing or extra ':'"],
  ['cpus:[1-2]', "Failed to parse '[1-2]' to quantity: only scalar values are allowed"],
  ['cpus:[1-', "Failed to parse '[1-' to quantity: Mismatched brackets"],
];
for (const [text, message] of badQuantities) {
  test(`refuses quantities '${text}'`, () => assert.throws(() => parseQuantities(text), { message }));
}

const included: [attribute: string, other: string, expected: boolean][] = [
  ['p:[1-5]', 'p:[2-3]', true],
  ['p:[2-3]', 'p:[1-5]', false],
  ['a:2', 'a:1', false],
  ['a:1', 'a:1', true],
  ['a:b', 'a:b', true],
  ['a:b', 'c:b', false],
  ['a:[1-1]', 'a:1', false],
];
for (const [attribute, other, expected] of included) {
  test(`'${attribute}' ${expected ? 'includes' : 'does not include'} '${other}'`, () => {
    const [[one], [two]] = [parseAttributes(attribute), parseAttributes(other)];
    assert.equal(one && two && attributeIncludes(one, two), expected);
  });
}

test('attributes are printed as the flag takes them', () => {
  const text = 'rack:r1;level:2;ports:[1-2, 4-4]';
  assert.equal(printAttributes(parseAttributes(text)), text);
});
