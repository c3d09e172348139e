import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitOf } from './metric-format.ts';

for (const [metric, unit, value, shown] of [
  ['master/cpus_total', 'cores', 1.5, '1.5 cores'],
  ['master/cpus_total', 'cores', 1, '1 core'],
  ['master/cpus_percent', '%', 0.25, '25 %'],
  ['master/mem_used', 'MB', 2048, '2 GB'],
  ['master/disk_offered', 'MB', 512, '512 MB'],
  ['allocator/mesos/resources/mem/total', 'MB', 1, '1 MB'],
  ['system/mem_total_bytes', 'bytes', 1024 * 1024, '1 MB'],
  ['process/resident_memory_bytes', 'bytes', 10_000, '10 kB'],
  ['process/event_loop_delay_ms/p99', 'ms', 1.25, '1.25 ms'],
  ['allocator/mesos/allocation_run_ms', 'ms', 12, '12 ms'],
  ['allocator/mesos/allocation_run_ms/count', '', 12, '12'],
  ['process/cpu_secs', 's', 3, '3 s'],
  ['process/cpu_secs_per_sec', 'cores', 0.5, '0.5 cores'],
  ['master/valid_status_updates_per_sec', 'per second', 1000, '1,000/s'],
  ['master/tasks_running', '', 5, '5'],
  ['master/messages_register_framework', '', 5, '5'],
] as const) {
  test(`the unit of ${metric}`, () => {
    const { name, format } = unitOf(metric);
    assert.deepEqual([name, format(value)], [unit, shown]);
  });
}
