/** Works out what a container uses, from one or two readings. */
import type { CgroupInfoBlkioOperation, ResourceStatistics } from '@meseta/protocol';
import type { ContainerReading } from './container-readings.ts';

/** What a container uses and may use. What is not known is undefined. */
export interface Use {
  /** The processors that it kept busy between two readings: 0.5 is half the time of one. */
  readonly cpus: number | undefined;
  /** The processors that it may use, or that it is sure to get. */
  readonly cpusAllowed: number | undefined;
  /** All that counts for its limit, page cache included; else what its processes have in memory. */
  readonly memoryBytes: number | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly rssBytes: number | undefined;
  readonly cacheBytes: number | undefined;
  readonly processes: number | undefined;
  readonly receivedBytes: number | undefined;
  readonly sentBytes: number | undefined;
  readonly readBytes: number | undefined;
  readonly writtenBytes: number | undefined;
  readonly diskBytes: number | undefined;
  readonly diskLimitBytes: number | undefined;
  /** The share of periods, between two readings, in which it had used up its quota of CPU time: 0 to 1. */
  readonly throttled: number | undefined;
}

/**
 * Returns what a container uses.
 *
 * @param before an earlier reading. It counts only when it is of the same container.
 */
export function useOf(now: ContainerReading | undefined, before: ContainerReading | undefined): Use {
  const found = now?.statistics;
  const earlier = before?.containerId === now?.containerId ? before?.statistics : undefined;
  return {
    cpus: busyCpus(found, earlier),
    cpusAllowed: found?.cpus_limit ?? found?.cpus_soft_limit,
    memoryBytes: found?.mem_total_bytes ?? found?.mem_rss_bytes,
    memoryLimitBytes: found?.mem_limit_bytes,
    rssBytes: found?.mem_rss_bytes,
    cacheBytes: found?.mem_cache_bytes ?? found?.mem_file_bytes,
    processes: found?.processes,
    receivedBytes: found?.net_rx_bytes,
    sentBytes: found?.net_tx_bytes,
    readBytes: blockBytes(found, 'READ'),
    writtenBytes: blockBytes(found, 'WRITE'),
    diskBytes: found?.disk_used_bytes,
    diskLimitBytes: found?.disk_limit_bytes,
    throttled: throttledShare(found, earlier),
  };
}

/** Returns undefined when a number went back, which happens when the clock of the agent is set. */
function busyCpus(now: ResourceStatistics | undefined, before: ResourceStatistics | undefined): number | undefined {
  const [used, usedBefore] = [cpuSeconds(now), cpuSeconds(before)];
  if (!now || !before || used === undefined || usedBefore === undefined) return undefined;
  const seconds = now.timestamp - before.timestamp;
  return seconds > 0 && used >= usedBefore ? (used - usedBefore) / seconds : undefined;
}

function cpuSeconds(statistics: ResourceStatistics | undefined): number | undefined {
  const { cpus_user_time_secs: user, cpus_system_time_secs: system } = statistics ?? {};
  return user === undefined || system === undefined ? undefined : user + system;
}

function throttledShare(
  now: ResourceStatistics | undefined,
  before: ResourceStatistics | undefined,
): number | undefined {
  const { cpus_nr_periods: periods, cpus_nr_throttled: throttled } = now ?? {};
  const { cpus_nr_periods: periodsBefore, cpus_nr_throttled: throttledBefore } = before ?? {};
  if (periods === undefined || throttled === undefined) return undefined;
  if (periodsBefore === undefined || throttledBefore === undefined) return undefined;
  const passed = periods - periodsBefore;
  if (passed < 0) return undefined;
  // The kernel counts no period in which nothing runs.
  return passed === 0 ? 0 : Math.min(1, Math.max(0, (throttled - throttledBefore) / passed));
}

/** Adds up the bytes of all devices. The entry without a device is a total, which is not split into reads and writes. */
function blockBytes(
  { blkio_statistics: found }: Partial<ResourceStatistics> = {},
  wanted: CgroupInfoBlkioOperation,
): number | undefined {
  if (!found?.throttling) return undefined;
  const values = found.throttling
    .filter(({ device }) => device)
    .flatMap(({ io_service_bytes = [] }) => io_service_bytes);
  return values.reduce((sum, { op, value = 0 }) => (op === wanted ? sum + value : sum), 0);
}
