/** The isolator disk/du: what tasks use of the disk, and the end of those that use too much. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ResourceStatistics, TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

const fills = 'head -c 3M /dev/zero >file; exec sleep 1000';

const withDisk = (megabytes: number): Pick<TaskInfo, 'resources'> => ({
  resources: Object.entries({ cpus: 0.1, mem: 32, disk: megabytes }).map(([name, value]) => ({
    ...{ name, type: 'SCALAR' as const },
    scalar: { value },
  })),
});

async function start(t: TestContext, enforce_container_disk_quota: string) {
  const flags = { isolation: 'posix/disk', container_disk_watch_interval: '50ms', enforce_container_disk_quota };
  const cluster = await Cluster.start(t, { agents: [flags] });
  return { cluster, framework: await cluster.framework() };
}

async function usedBytes({ agent }: Cluster): Promise<{ used: number; limit: number } | undefined> {
  const answer = await fetch(`${agent.origin}/containers`);
  const containers = (await answer.json()) as { statistics?: ResourceStatistics }[];
  const { disk_used_bytes: used, disk_limit_bytes: limit } = containers[0]?.statistics ?? {};
  return used === undefined || limit === undefined ? undefined : { used, limit };
}

test('a task that uses more disk than it has is ended, and its status says so', async t => {
  const { framework } = await start(t, 'true');
  await framework.run(shellTask('fills', fills, withDisk(1)));
  const { state, reason, message, limitation } = await framework.end('fills');
  assert.deepEqual([state, reason], ['TASK_FAILED', 'REASON_CONTAINER_LIMITATION_DISK']);
  assert.match(message ?? '', /^Disk usage \(\S+B\) exceeds quota \(1MB\)$/);
  const [used] = limitation?.resources ?? [];
  assert.equal(used?.name, 'disk');
  assert.ok((used?.scalar?.value ?? 0) > 1);
});

test('a task within its disk runs on, also after a restart of the agent, and its use is shown', async t => {
  const { cluster, framework } = await start(t, 'true');
  await framework.run(shellTask('fits', fills, withDisk(16)));
  const measured = () =>
    eventually('its use', async () => {
      const { used = 0, limit = 0 } = (await usedBytes(cluster)) ?? {};
      return used >= 3 * 1024 ** 2 && limit === 16 * 1024 ** 2;
    });
  await measured();
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await measured();
  assert.equal(framework.updates.at(-1)?.state, 'TASK_RUNNING');
});

test('without enforcement a task may use more than it has', async t => {
  const { cluster, framework } = await start(t, 'false');
  await framework.run(shellTask('over', fills, withDisk(1)));
  await eventually('its use', async () => ((await usedBytes(cluster))?.used ?? 0) > 2 * 1024 ** 2);
  assert.equal(framework.updates.at(-1)?.state, 'TASK_RUNNING');
});
