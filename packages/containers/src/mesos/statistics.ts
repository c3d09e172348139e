import type { ResourceStatistics } from '@meseta/protocol';
import type { ProcessUsage } from './launcher.ts';

/**
 * Converts usage to a ResourceStatistics.
 *
 * @param timestamp seconds since 1970.
 */
export function useOf(usage: ProcessUsage, timestamp: number): ResourceStatistics {
  return {
    timestamp,
    cpus_user_time_secs: usage.userSeconds,
    cpus_system_time_secs: usage.systemSeconds,
    mem_rss_bytes: usage.rssBytes,
  };
}
