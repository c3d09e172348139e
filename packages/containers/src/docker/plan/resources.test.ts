import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@meseta/protocol';
import type { EngineResources } from './container-body.ts';
import { changedResources, engineResources } from './resources.ts';

const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });
const mebibyte = 1024 ** 2;

interface Case {
  readonly name: string;
  readonly has?: Readonly<Record<string, number>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly limitsCpus?: boolean;
  readonly expected: EngineResources;
}

const cases: readonly Case[] = [
  { name: 'nothing', expected: {} },
  { name: 'as recorded', has: { cpus: 0.5, mem: 64 }, expected: { CpuShares: 512, Memory: 64 * mebibyte } },
  { name: 'very little', has: { cpus: 0.001, mem: 1 }, expected: { CpuShares: 2, Memory: 32 * mebibyte } },
  {
    name: 'processors are limited',
    has: { cpus: 0.5 },
    limitsCpus: true,
    expected: { CpuShares: 512, CpuQuota: 50_000 },
  },
  { name: 'to the least', has: { cpus: 0.001 }, limitsCpus: true, expected: { CpuShares: 2, CpuQuota: 1000 } },
  { name: 'a limit', has: { cpus: 0.5 }, limits: { cpus: 2 }, expected: { CpuShares: 512, CpuQuota: 200_000 } },
  { name: 'none', has: { cpus: 1 }, limits: { cpus: Infinity }, limitsCpus: true, expected: { CpuShares: 1024 } },
  {
    name: 'a limit of memory above what is kept',
    has: { mem: 64 },
    limits: { mem: 128 },
    expected: { Memory: 128 * mebibyte, MemoryReservation: 64 * mebibyte },
  },
  { name: 'any memory', has: { mem: 64 }, limits: { mem: Infinity }, expected: { MemoryReservation: 64 * mebibyte } },
];
for (const { name, has = {}, limits = {}, limitsCpus = false, expected } of cases) {
  test(`resources of a Docker container: ${name}`, () => {
    const resources = Object.entries(has).map(([each, value]) => scalar(each, value));
    assert.deepEqual(engineResources({ resources, limits }, limitsCpus), expected);
  });
}

const changes: readonly (Case & { readonly hadQuota?: boolean })[] = [
  { name: 'nothing', expected: {} },
  {
    name: 'as much as is kept',
    has: { cpus: 1, mem: 64 },
    expected: { CpuShares: 1024, Memory: 64 * mebibyte, MemorySwap: 128 * mebibyte, MemoryReservation: 64 * mebibyte },
  },
  {
    name: 'no limit of processors any more',
    has: { cpus: 1 },
    hadQuota: true,
    expected: { CpuShares: 1024, CpuQuota: -1 },
  },
  {
    name: 'another limit of processors',
    has: { cpus: 1 },
    limits: { cpus: 2 },
    hadQuota: true,
    expected: { CpuShares: 1024, CpuQuota: 200_000 },
  },
  {
    name: 'any memory',
    has: { mem: 64 },
    limits: { mem: Infinity },
    expected: { Memory: 2 ** 50, MemorySwap: 2 ** 51, MemoryReservation: 64 * mebibyte },
  },
];
for (const { name, has = {}, limits = {}, limitsCpus = false, hadQuota = false, expected } of changes) {
  test(`changed resources of a Docker container: ${name}`, () => {
    const resources = Object.entries(has).map(([each, value]) => scalar(each, value));
    assert.deepEqual(changedResources({ resources, limits }, limitsCpus, hadQuota), expected);
  });
}
