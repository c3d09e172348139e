import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@meseta/protocol';
import { resourceAmounts } from './resource-amounts.ts';

const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });

test('numbers are added up, ports and items are listed, and any name is a name', () => {
  const resources: Resource[] = [
    ...[scalar('cpus', 0.5), scalar('cpus', 1), scalar('mem', 2048), scalar('constructor', 2)],
    { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 5, end: 9 }] } },
    { name: 'zones', type: 'SET', set: { item: ['a', 'b'] } },
  ];
  assert.deepEqual(resourceAmounts(resources), {
    ...{ cpus: '1.5', mem: '2 GB', constructor: '2' },
    ...{ ports: '5-9', zones: 'a, b' },
  });
});
