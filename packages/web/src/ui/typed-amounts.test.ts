import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printResource, readAmount, readDuration, readResources, readSize } from './typed-amounts.ts';

test('resources are read and printed', () => {
  const read = readResources(' cpus:2.5; mem:512;ports:[31000-31009, 31020-31020];zones:{a, b} ');
  assert.ok('value' in read);
  assert.deepEqual(read.value, [
    { name: 'cpus', type: 'SCALAR', scalar: { value: 2.5 } },
    { name: 'mem', type: 'SCALAR', scalar: { value: 512 } },
    {
      name: 'ports',
      type: 'RANGES',
      ranges: {
        range: [
          { begin: 31000, end: 31009 },
          { begin: 31020, end: 31020 },
        ],
      },
    },
    { name: 'zones', type: 'SET', set: { item: ['a', 'b'] } },
  ]);
  assert.deepEqual(read.value.map(printResource), [
    'cpus:2.5',
    'mem:512',
    'ports:[31000-31009,31020-31020]',
    'zones:{a,b}',
  ]);
});

for (const text of [
  '',
  ';',
  'cpus',
  'cpus:',
  'cpus:x',
  'cpus:0',
  'cpus:-1',
  'ports:[2-1]',
  'ports:[]',
  'a:{}',
  'cpus(web):1',
])
  test(`'${text}' names no resources`, () => assert.ok('problem' in readResources(text)));

test('a resource that is there twice is refused', () => {
  assert.deepEqual(readResources('cpus:1;cpus:2'), { problem: "'cpus' is there twice." });
});

const durations: readonly (readonly [text: string, ms: number | undefined])[] = [
  ['90s', 90_000],
  ['10 min', 600_000],
  ['1h30m', 5_400_000],
  ['1 h 30 m', 5_400_000],
  ['5secs', 5000],
  ['0s', 0],
  ['250ms', 250],
  ['2 hours', 7_200_000],
  ['1.5 days', 129_600_000],
  ['1 week', 604_800_000],
  ['1 Min', 60_000],
  ['2 parsecs', undefined],
  ['2h later', undefined],
  ['10', undefined],
  ['ten minutes', undefined],
  ['1x', undefined],
  ['-1s', undefined],
  ['292 years', undefined],
  ['106751d', 9_223_286_400_000],
  ['106752d', undefined],
  ['', undefined],
];
for (const [text, ms] of durations) {
  test(`the duration '${text}'`, () => {
    const read = readDuration(text);
    assert.equal('value' in read ? read.value : undefined, ms);
  });
}

test('amounts are zero or more', () => {
  assert.deepEqual([readAmount('0'), readAmount(' 2.5 ')], [{ value: 0 }, { value: 2.5 }]);
  for (const text of ['-1', 'x', '', '1e400']) assert.ok('problem' in readAmount(text), text);
});

test('sizes are above zero', () => {
  assert.deepEqual(readSize('0.5'), { value: 0.5 });
  assert.deepEqual(readSize(''), { problem: 'Expecting a number above zero.' });
  assert.deepEqual(readSize('0'), { problem: "'0' is no amount. Expecting a number above zero." });
});
