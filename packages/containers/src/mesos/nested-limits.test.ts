/** What limits nested containers: the groups of their parent, or groups of their own. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import { type ContainerId, containerKey } from '../container-id.ts';
import { forever } from '../testing/containerizer-bench.ts';
import { linux, PodBench, scalar } from '../testing/pod-bench.ts';
import type { Cgroups } from './cgroups/cgroups.ts';
import { testCgroups, testCgroupsRoot } from './cgroups/testing/test-cgroups.ts';

const root = needs.root('the linux launcher makes cgroups and namespaces');
const isolation = 'filesystem/linux,namespaces/pid,cgroups/cpu,cgroups/mem,cgroups/pids';
const megabyte = 1024 * 1024;
const own = (cpus: number, mem: number) => ({ resources: [scalar('cpus', cpus), scalar('mem', mem)] });
const apart = linux({ share_cgroups: false });

/** A shell line that keeps this many megabytes of memory. */
const eats = (megabytes: number) =>
  `perl -e '$| = 1; vec($kept, ${megabytes} << 20, 8) = 1; print "ate\\n"; sleep 1000'`;

const groupOf = (id: ContainerId, controller = 'memory') =>
  testCgroups.path(testCgroups.hierarchy(controller), containerKey(id) as Parameters<Cgroups['path']>[1]);
const read = (id: ContainerId, file: string) => readFileSync(join(groupOf(id), file), 'utf8').trim();

test('in the groups of the pod: its limit is that of all together', root, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod', undefined, own(0.1, 64));
  const small = await bench.task(pod, 'small', forever);
  assert.ok(!existsSync(groupOf(small)));
  assert.ok(read(pod, 'cgroup.procs').split('\n').length >= 2);
  await bench.task(pod, 'big', `${eats(200)} & wait`);
  const { limitation, destroyed } = (await bench.containerizer.wait(pod)) ?? {};
  assert.equal(destroyed, true);
  assert.equal(limitation?.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
  assert.equal((await bench.containerizer.wait(small))?.destroyed, true);
  assert.equal((await bench.containerizer.wait(small))?.limitation, undefined);
  await bench.containerizer.remove(pod);
  assert.deepEqual(bench.cgroups(), []);
});

test('in groups of its own: limits, usage, update, and an end of its own', root, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod', undefined, own(1, 512));
  const [big, other] = [bench.id('big', pod), await bench.task(pod, 'other', forever, apart, own(0.5, 32))];
  await bench.task(pod, 'big', eats(40), apart, own(0.2, 64));
  await bench.says(big, 'ate');
  assert.equal(read(big, 'memory.limit_in_bytes'), String(64 * megabyte));
  assert.equal(readFileSync(join(groupOf(big, 'cpu'), 'cpu.shares'), 'utf8').trim(), '204');
  const { mem_total_bytes = 0 } = (await bench.containerizer.usage(big)) ?? {};
  assert.ok(mem_total_bytes >= 40 * megabyte && mem_total_bytes < 64 * megabyte);
  assert.ok(((await bench.containerizer.usage(pod))?.mem_total_bytes ?? 0) >= mem_total_bytes, 'the pod has all');
  await bench.containerizer.update(big, own(0.4, 96).resources, {});
  assert.equal(read(big, 'memory.limit_in_bytes'), String(96 * megabyte));
  // The next agent knows the groups, also when the limit is reached while none is there.
  await bench.containerizer.close();
  await bench.start();
  await bench.containerizer.update(big, own(0.4, 128).resources, {});
  assert.equal(read(big, 'memory.limit_in_bytes'), String(128 * megabyte));
  await bench.task(pod, 'eater', `${eats(100)}; exit 3`, apart, own(0.1, 32));
  const { limitation } = (await bench.containerizer.wait(bench.id('eater', pod))) ?? {};
  assert.match(limitation?.message ?? '', /Memory limit exceeded/);
  assert.equal(limitation?.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
  for (const each of [pod, big, other]) assert.ok(bench.containerizer.usage(each));
  await bench.containerizer.remove(big);
  assert.ok(!existsSync(groupOf(big)));
  assert.ok(existsSync(groupOf(pod)));
});

test('debug containers are in the groups of what they are inside of', root, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const line = 'cut -d: -f2- /proc/self/cgroup | grep -e ^memory: -e ^cpu: | sort';
  const places = async (name: string, info = linux({})) => {
    const task = await bench.task(pod, name, `cut -d: -f2- /proc/self/cgroup >places; ${forever}`, info);
    const debug = await bench.run(task, 'debug', line, undefined, { container_class: 'DEBUG' });
    return debug
      .trim()
      .split('\n')
      .map(place => place.split(testCgroupsRoot).length - 1);
  };
  assert.deepEqual(await places('shares'), [1, 1]);
  assert.deepEqual(await places('own', apart), [2, 2]);
});

test('with version 2 the processes of the pod make room for the groups of what is nested in it', root, async t => {
  const bench = await PodBench.open(t, 'filesystem/linux,namespaces/pid,cgroups/hugetlb');
  const unified = testCgroups.hierarchy('hugetlb');
  const place = (id: ContainerId) => testCgroups.path(unified, containerKey(id) as Parameters<Cgroups['path']>[1]);
  const pod = await bench.pod('pod');
  const before = await bench.task(pod, 'before', forever);
  const task = await bench.task(pod, 'own', `cat /proc/self/cgroup; ${forever}`, apart);
  await bench.says(task, `own-${process.pid}\n`);
  if (unified.version === 2) {
    assert.equal(readFileSync(join(place(pod), 'cgroup.procs'), 'utf8'), '');
    const inLeaf = () =>
      readFileSync(join(place(pod), 'leaf/cgroup.procs'), 'utf8')
        .trim()
        .split('\n');
    await eventually('the pause, and both processes of the one before', () => inLeaf().length === 3);
    assert.ok(existsSync(join(place(task), 'hugetlb.2MB.max')), 'it has limits of its own');
  }
  const after = await bench.task(pod, 'after', `cat /proc/self/cgroup; ${forever}`);
  await bench.says(after, unified.version === 2 ? '/leaf\n' : `pod-${process.pid}\n`);
  for (const each of [before, task, after, pod]) await bench.containerizer.remove(each);
  await eventually('no cgroup', () => bench.cgroups().length === 0);
});

const disk = (megabytes: number) => ({
  resources: [scalar('cpus', 0.1), scalar('mem', 64), scalar('disk', megabytes)],
});
const fills = (megabytes: number) => `dd if=/dev/zero of=file bs=1M count=${megabytes} 2>/dev/null; ${forever}`;
const watch = { container_disk_watch_interval: 50, enforce_container_disk_quota: true };

test('a nested sandbox counts once for the pod, and ends only a container with a disk of its own', async t => {
  const bench = await PodBench.open(t, 'disk/du', watch);
  const pod = await bench.pod('pod', undefined, disk(8));
  const modest = await bench.task(pod, 'modest', fills(3));
  const used = async () => (await bench.containerizer.usage(pod))?.disk_used_bytes ?? 0;
  await eventually('its file to be counted', async () => (await used()) > 3 * megabyte);
  assert.ok((await used()) < 5 * megabyte);
  assert.equal((await bench.containerizer.usage(modest))?.disk_used_bytes, undefined);
  const greedy = await bench.task(pod, 'greedy', fills(3), undefined, disk(1));
  const end = await bench.containerizer.wait(greedy);
  assert.match(end?.limitation?.message ?? '', /^Disk usage \([123]\d{3}KB\) exceeds quota \(1MB\)$/);
  assert.ok(await bench.containerizer.usage(modest));
  await bench.task(pod, 'last', fills(4));
  const { limitation } = (await bench.containerizer.wait(pod)) ?? {};
  assert.equal(limitation?.reason, 'REASON_CONTAINER_LIMITATION_DISK');
  assert.equal((await bench.containerizer.wait(modest))?.destroyed, true);
});

test('ports that a nested container listens on are those of the pod', root, async t => {
  const ports = { enforce_container_ports: true, container_ports_watch_interval: 50 };
  const bench = await PodBench.open(t, 'namespaces/pid,network/ports', ports);
  const range = { name: 'ports', type: 'RANGES' as const, ranges: { range: [{ begin: 1, end: 1 }] } };
  const pod = await bench.pod('pod', undefined, { resources: [scalar('cpus', 0.1), scalar('mem', 64), range] });
  const listen =
    'perl -MIO::Socket::INET -e \'$s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1"); sleep 1000\'';
  await bench.task(pod, 'listens', listen);
  const { limitation } = (await bench.containerizer.wait(pod)) ?? {};
  assert.match(limitation?.message ?? '', /is listening on unallocated port\(s\): \[\d+-\d+\]$/);
});
