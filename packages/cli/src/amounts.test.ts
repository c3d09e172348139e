import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printAmounts, printScalars, readResources, readScalars, readSize } from './amounts.ts';

const sizes: [text: string, megabytes: number | undefined][] = [
  ['512', 512],
  ['512MB', 512],
  ['2GB', 2048],
  ['1.5gb', 1536],
  ['1TB', 1048576],
  ['0', undefined],
  ['-1', undefined],
  ['2 GB', undefined],
  ['2KB', undefined],
  ['', undefined],
];
for (const [text, megabytes] of sizes) {
  test(`the size '${text}'`, () => {
    if (megabytes === undefined) assert.throws(() => readSize('SIZE', text), { code: 'USAGE' });
    else assert.equal(readSize('SIZE', text), megabytes);
  });
}

const cpus = { name: 'cpus', type: 'SCALAR' as const, scalar: { value: 2 } };
const ports = { name: 'ports', type: 'RANGES' as const, ranges: { range: [{ begin: 1, end: 2 }] } };

test('resources are read from one word or several, and printed', () => {
  assert.deepEqual(readResources(['cpus:2;ports:[1-2]']), [cpus, ports]);
  assert.deepEqual(readResources(['cpus:2', 'ports:[1-2]']), [cpus, ports]);
  assert.equal(
    printAmounts([cpus, { ...ports, reservations: [{ type: 'DYNAMIC', role: 'db' }] }]),
    'cpus:2; ports:[1-2]',
  );
  assert.equal(printAmounts([]), '-');
});

for (const words of [[''], ['cpus'], ['cpus:x'], ['cpus:0'], ['cpus(web):1'], ['[{"name":1}]']]) {
  test(`'${words}' are no resources`, () => assert.throws(() => readResources(words), { code: 'USAGE' }));
}

test('scalars are read by name, and printed', () => {
  const scalars = { cpus: { value: 2 }, mem: { value: 0 } };
  assert.deepEqual(readScalars('--limit', 'cpus:2;mem:0'), scalars);
  assert.equal(printScalars(scalars), 'cpus:2; mem:0');
  assert.equal(printScalars({ cpus: 0.5 }), 'cpus:0.5');
  assert.equal(printScalars(undefined), '-');
  for (const text of ['', 'cpus:1;cpus:2', 'ports:[1-2]', 'cpus:two']) {
    assert.throws(() => readScalars('--limit', text), { code: 'USAGE' }, text);
  }
});
