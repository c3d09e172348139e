import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerResources, limitStatistics } from './limit-statistics.ts';

const scalar = (name: string, value: number) => ({ name, type: 'SCALAR' as const, scalar: { value } });
const resources = [scalar('cpus', 0.1), scalar('cpus', 0.5), scalar('mem', 96)];
const megabyte = 1024 * 1024;

const cases: { name: string; given: ContainerResources; limits: object }[] = [
  { name: 'no resources', given: { resources: [] }, limits: {} },
  {
    name: 'memory is its own limit, processor time has none',
    given: { resources },
    limits: { cpus_soft_limit: 0.6, mem_soft_limit_bytes: 96 * megabyte, mem_limit_bytes: 96 * megabyte },
  },
  {
    name: 'limits',
    given: { resources, limits: { cpus: 2, mem: Number.POSITIVE_INFINITY } },
    limits: { cpus_soft_limit: 0.6, cpus_limit: 2, mem_soft_limit_bytes: 96 * megabyte },
  },
];
for (const { name, given, limits } of cases) {
  test(name, () => assert.deepEqual(limitStatistics(given), limits));
}
