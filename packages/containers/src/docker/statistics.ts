import type { ResourceStatistics } from '@meseta/protocol';
import type { ContainerStats } from './engine/answers.ts';

const nanoseconds = 1e9;

/**
 * Converts what the engine measured. Memory that could be given back at once is not counted as used, as `docker stats` does it.
 *
 * @param nowMs the agent's time.
 */
export function toStatistics(stats: ContainerStats, nowMs: number): ResourceStatistics {
  const { memoryStats: memory, network } = stats;
  // Names of version 1 and 2 of cgroups.
  const anonymous = memory.total_rss ?? memory.rss ?? memory.anon;
  const cache = memory.total_cache ?? memory.cache ?? memory.file;
  const mapped = memory.total_mapped_file ?? memory.mapped_file ?? memory.file_mapped;
  const swap = memory.total_swap ?? memory.swap;
  return {
    timestamp: nowMs / 1000,
    cpus_user_time_secs: stats.cpuUserNs / nanoseconds,
    cpus_system_time_secs: stats.cpuSystemNs / nanoseconds,
    cpus_nr_periods: stats.periods,
    cpus_nr_throttled: stats.throttledPeriods,
    cpus_throttled_time_secs: stats.throttledNs / nanoseconds,
    mem_total_bytes: stats.memoryUsage,
    mem_rss_bytes: anonymous ?? stats.memoryUsage,
    ...(anonymous !== undefined && { mem_anon_bytes: anonymous }),
    ...(cache !== undefined && { mem_file_bytes: cache, mem_cache_bytes: cache }),
    ...(mapped !== undefined && { mem_mapped_file_bytes: mapped }),
    ...(swap !== undefined && { mem_swap_bytes: swap }),
    processes: stats.pids,
    net_rx_bytes: network.rxBytes,
    net_rx_packets: network.rxPackets,
    net_rx_errors: network.rxErrors,
    net_rx_dropped: network.rxDropped,
    net_tx_bytes: network.txBytes,
    net_tx_packets: network.txPackets,
    net_tx_errors: network.txErrors,
    net_tx_dropped: network.txDropped,
  };
}
