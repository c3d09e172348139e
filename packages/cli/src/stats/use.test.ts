import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceStatistics } from '@meseta/protocol';
import type { ContainerReading } from './container-readings.ts';
import { type Use, useOf } from './use.ts';

const reading = (statistics: Partial<ResourceStatistics> | undefined, containerId = 'one'): ContainerReading => ({
  ...{ frameworkId: 'f', executorId: 'e', containerId, status: {} },
  statistics: statistics && { timestamp: 10, ...statistics },
});

const at = (timestamp: number, user: number, system: number, containerId?: string) =>
  reading({ timestamp, cpus_user_time_secs: user, cpus_system_time_secs: system }, containerId);

const throttling = (periods: number, throttled: number) =>
  reading({ cpus_nr_periods: periods, cpus_nr_throttled: throttled });

const cases: {
  name: string;
  now: ContainerReading | undefined;
  before?: ContainerReading;
  expected: Partial<Use>;
}[] = [
  {
    name: 'a container without numbers has no use that is known',
    now: reading(undefined),
    before: at(8, 1, 1),
    expected: { cpus: undefined, memoryBytes: undefined, diskBytes: undefined, throttled: undefined },
  },
  { name: 'no container has none either', now: undefined, expected: { cpus: undefined, memoryBytes: undefined } },
  { name: 'one reading does not tell the use of CPU time', now: at(10, 5, 5), expected: { cpus: undefined } },
  {
    name: 'CPU time of user and system counts, over the time between readings',
    now: at(12, 3, 1.5),
    before: at(10, 1, 0.5),
    expected: { cpus: 1.5 },
  },
  { name: 'an idle container uses no CPU time', now: at(12, 3, 1), before: at(10, 3, 1), expected: { cpus: 0 } },
  {
    name: 'another container of the same task starts again',
    now: at(12, 3, 1, 'two'),
    before: at(10, 1, 1, 'one'),
    expected: { cpus: undefined },
  },
  { name: 'a clock that was set back', now: at(9, 3, 1), before: at(10, 1, 1), expected: { cpus: undefined } },
  { name: 'a counter that went back', now: at(12, 0, 1), before: at(10, 1, 1), expected: { cpus: undefined } },
  {
    name: 'user time alone is not the whole',
    now: reading({ timestamp: 12, cpus_user_time_secs: 2 }),
    before: reading({ timestamp: 10, cpus_user_time_secs: 1 }),
    expected: { cpus: undefined },
  },
  {
    name: 'a hard limit of processors precedes what is sure',
    now: reading({ cpus_soft_limit: 0.5, cpus_limit: 2 }),
    expected: { cpusAllowed: 2 },
  },
  { name: 'without one', now: reading({ cpus_soft_limit: 0.5 }), expected: { cpusAllowed: 0.5 } },
  {
    name: 'memory is what the kernel counts for the limit',
    now: reading({ mem_total_bytes: 30, mem_rss_bytes: 10, mem_cache_bytes: 20, mem_limit_bytes: 40 }),
    expected: { memoryBytes: 30, rssBytes: 10, cacheBytes: 20, memoryLimitBytes: 40 },
  },
  {
    name: 'without cgroups it is what processes have in memory, and the cache is unknown',
    now: reading({ mem_rss_bytes: 10 }),
    expected: { memoryBytes: 10, rssBytes: 10, cacheBytes: undefined, memoryLimitBytes: undefined },
  },
  {
    name: 'numbers that are 0 are known',
    now: reading({ net_rx_bytes: 0, net_tx_bytes: 0, disk_used_bytes: 0, processes: 0 }),
    expected: { receivedBytes: 0, sentBytes: 0, diskBytes: 0, diskLimitBytes: undefined, processes: 0 },
  },
  {
    name: 'bytes of all devices are added up, totals are not',
    now: reading({
      blkio_statistics: {
        throttling: [
          { device: { major_number: 8, minor_number: 0 }, io_service_bytes: [{ op: 'READ', value: 1 }] },
          {
            device: { major_number: 8, minor_number: 16 },
            io_service_bytes: [
              { op: 'READ', value: 2 },
              { op: 'WRITE', value: 4 },
              { op: 'TOTAL', value: 6 },
            ],
          },
          { io_service_bytes: [{ op: 'READ', value: 3 }] },
        ],
      },
    }),
    expected: { readBytes: 3, writtenBytes: 4 },
  },
  { name: 'no blkio, no bytes', now: reading({}), expected: { readBytes: undefined, writtenBytes: undefined } },
  {
    name: 'the share of throttled periods is that since the last reading',
    now: throttling(120, 45),
    before: throttling(100, 40),
    expected: { throttled: 0.25 },
  },
  { name: 'no period, no throttling', now: throttling(9, 4), before: throttling(9, 4), expected: { throttled: 0 } },
  { name: 'one reading does not tell it', now: throttling(9, 4), expected: { throttled: undefined } },
  { name: 'without a quota it is unknown', now: at(9, 1, 1), before: at(8, 1, 1), expected: { throttled: undefined } },
];
for (const { name, now, before, expected } of cases) {
  test(name, () => {
    const use = useOf(now, before);
    const found = Object.fromEntries(Object.keys(expected).map(key => [key, use[key as keyof Use]]));
    assert.deepEqual(found, expected);
  });
}
