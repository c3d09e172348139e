import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useOf } from './statistics.ts';

const usage = { userSeconds: 1, systemSeconds: 2, rssBytes: 3, processes: 1, threads: 1 };

test('what is used is that of all processes', () => {
  const use = { timestamp: 9, cpus_user_time_secs: 1, cpus_system_time_secs: 2, mem_rss_bytes: 3 };
  assert.deepEqual(useOf(usage, 9), use);
});
