/** The isolators on a machine with version 2 of cgroups: a tree of files with the kernel's names and formats. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ContainerConfig, checkId, type Resource } from '@meseta/protocol';
import { systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { Cgroups } from '../../cgroups/cgroups.ts';
import { toLaunchPlan } from '../../to-launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import { makeIsolators } from '../make-isolators.ts';
import { OomWatch } from './oom-watch.ts';

const id = { value: checkId<'container'>('a-container') };
const megabyte = 1024 * 1024;

/** What the kernel shows of a group with a process in it. */
const files = {
  'cpu.stat':
    'usage_usec 3500000\nuser_usec 2500000\nsystem_usec 1000000\nnr_periods 40\nnr_throttled 10\nthrottled_usec 250000\n',
  'memory.current': '12582912\n',
  'memory.swap.current': '4096\n',
  'memory.peak': '67108864\n',
  'memory.max': '67108864\n',
  'memory.events': 'low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\noom_group_kill 0\n',
  'memory.stat': 'anon 8388608\nfile 2097152\nkernel 1048576\nsock 8192\nfile_mapped 20480\nunevictable 0\n',
  'io.stat': '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n',
};

const resource = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });

/** A machine with one hierarchy, and the isolators of a flag. */
async function machine(t: TestContext, isolation: string, more: object = {}) {
  const path = mkdtempSync(join(tmpdir(), 'meseta-cgroup2-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const flags = {
    ...{ cgroups_hierarchy: path, cgroups_root: 'mesos', cgroups_destroy_timeout: 0, launcher: 'linux' },
    ...{
      ...{ work_dir: path, runtime_dir: path, docker_registry: '', docker_store_dir: '' },
      sandbox_directory: '',
      frameworks_home: '',
      fetcher_stall_timeout: 0,
      isolation: isolation.split(','),
      ...more,
    },
  };
  const controllers = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'];
  const cgroups = new Cgroups(flags, [{ path, version: 2, controllers }]);
  const parts = { flags, cgroups, clock: systemClock, log: silentLogger(), metrics: new Metrics() };
  const modules = { names: [], hasIsolator: () => false, isolator: async () => undefined };
  const isolators = await makeIsolators(flags.isolation, modules, parts);
  t.after(() => Promise.all(isolators.map(isolator => isolator.close?.())));
  return { path, group: join(path, 'mesos', id.value), isolators };
}

/** Does what a launch does: makes the group and writes its settings. */
async function launch(isolators: readonly Isolator[], config: Partial<ContainerConfig>): Promise<string[]> {
  const parts = await Promise.all(
    isolators.map(each => each.prepare?.(id, { directory: '/', command_info: {}, ...config })),
  );
  const { cgroups = [] } = toLaunchPlan({ cgroups: parts.flatMap(part => part?.cgroups ?? []) }) ?? {};
  for (const { path, settings } of cgroups) {
    mkdirSync(path);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    for (const [file, value] of settings) writeFileSync(join(path, file), value);
  }
  return cgroups.map(({ path }) => path);
}

const half = { resources: [resource('cpus', 0.5), resource('mem', 64)] };

test('all controllers are in one group', async t => {
  const { path, group, isolators } = await machine(t, 'cgroups/cpu,cgroups/mem,cgroups/pids,cgroups/cpuset', {
    cgroups_enable_cfs: true,
  });
  assert.equal(readFileSync(join(path, 'cgroup.subtree_control'), 'utf8'), '+cpuset +cpu +io +memory +hugetlb +pids');
  assert.deepEqual(await launch(isolators, half), [group]);
  const read = (file: string) => readFileSync(join(group, file), 'utf8');
  assert.equal(read('cpu.weight'), '50');
  assert.equal(read('cpu.max'), '50000 100000');
  assert.equal(read('memory.low'), String(64 * megabyte));
  assert.equal(read('memory.max'), String(64 * megabyte));
});

test('after another agent has removed the root, it is made again with all controllers', async t => {
  const { path, group, isolators } = await machine(t, 'cgroups/mem');
  rmSync(join(path, 'mesos'), { recursive: true });
  assert.deepEqual(await launch(isolators, half), [group]);
  const enabled = readFileSync(join(path, 'mesos/cgroup.subtree_control'), 'utf8');
  assert.equal(enabled, '+cpuset +cpu +io +memory +hugetlb +pids');
});

test('usage is read from it', async t => {
  const { isolators } = await machine(t, 'cgroups/all', { cgroups_enable_cfs: true });
  assert.equal(isolators.length, 1);
  await launch(isolators, half);
  const { timestamp: _, ...usage } = (await isolators[0]?.usage?.(id)) ?? { timestamp: 0 };
  assert.deepEqual(usage, {
    ...{ cpus_user_time_secs: 2.5, cpus_system_time_secs: 1 },
    ...{ cpus_nr_periods: 40, cpus_nr_throttled: 10, cpus_throttled_time_secs: 0.25 },
    ...{ mem_total_bytes: 12_582_912, mem_swap_bytes: 4096, mem_anon_bytes: 8_388_608, mem_rss_bytes: 8_388_608 },
    ...{ mem_file_bytes: 2_097_152, mem_cache_bytes: 2_097_152, mem_mapped_file_bytes: 20_480 },
    ...{ mem_kmem_usage_bytes: 1_048_576, mem_kmem_tcp_usage_bytes: 8192, mem_unevictable_bytes: 0 },
    blkio_statistics: {
      throttling: [
        {
          device: { major_number: 8, minor_number: 0 },
          io_serviced: [
            { op: 'READ', value: 1 },
            { op: 'WRITE', value: 2 },
            { op: 'DISCARD', value: 0 },
          ],
          io_service_bytes: [
            { op: 'READ', value: 4096 },
            { op: 'WRITE', value: 8192 },
            { op: 'DISCARD', value: 0 },
          ],
        },
        { io_serviced: [], io_service_bytes: [] },
      ],
    },
  });
});

test('a hard limit grows, but does not shrink', async t => {
  const { group, isolators } = await machine(t, 'cgroups/mem');
  await launch(isolators, half);
  const read = () =>
    ['memory.low', 'memory.max'].map(file => Number(readFileSync(join(group, file), 'utf8')) / megabyte);
  await isolators[0]?.update?.(id, [resource('mem', 48)]);
  assert.deepEqual(read(), [48, 64]);
  await isolators[0]?.update?.(id, [resource('mem', 48)], { mem: 128 });
  assert.deepEqual(read(), [48, 128]);
  await isolators[0]?.update?.(id, [resource('mem', 48)], { mem: Number.POSITIVE_INFINITY });
  assert.equal(readFileSync(join(group, 'memory.max'), 'utf8'), 'max');
});

test('a kill counts when the container had reached its own limit', async t => {
  const { group, isolators } = await machine(t, 'cgroups/mem');
  await launch(isolators, half);
  const events = (oom: number, kills: number) =>
    writeFileSync(join(group, 'memory.events'), `low 0\nhigh 0\nmax 12\noom ${oom}\noom_kill ${kills}\n`);
  events(0, 1); // the machine had no memory
  assert.equal(await isolators[0]?.limitation?.(id), undefined);
  events(1, 1);
  writeFileSync(join(group, 'memory.events.local'), 'oom 0\n'); // a container nested in it had reached its own
  assert.equal(await isolators[0]?.limitation?.(id), undefined);
  writeFileSync(join(group, 'memory.events.local'), 'oom 1\n');
  const { message, ...limitation } = (await isolators[0]?.limitation?.(id)) ?? {};
  assert.match(
    message ?? '',
    /^Memory limit exceeded: Requested: 64MB Maximum Used: 64MB\n\nMEMORY STATISTICS: \nanon 8388608\n/,
  );
  assert.deepEqual(limitation, {
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    resources: [{ name: 'mem', type: 'SCALAR', scalar: { value: 64 } }],
  });
  rmSync(group, { recursive: true });
  assert.equal(await isolators[0]?.limitation?.(id), undefined);
});

const refused: [isolation: string, flags: object, message: RegExp][] = [
  ['cgroups/devices', {}, /^The isolator cgroups\/devices needs the controller 'devices' of cgroups version 1/],
  ['cgroups/net_cls', {}, /^No cgroup hierarchy below .* has the controller 'net_cls'; there are: cpuset, cpu, io/],
  ['cgroups/net_prio', {}, /has the controller 'net_prio'/],
  ['cgroups/mem', { cgroups_limit_swap: true }, /^Memory and swap cannot be limited together \(--cgroups_limit_swap\)/],
  [
    'cgroups/perf_event',
    { perf_events: ['no-such-event'] },
    /^--perf_events: statistics have no field for no-such-event/,
  ],
  [
    'cgroups/perf_event',
    { perf_events: ['cycles'], perf_interval: 1000, perf_duration: 2000 },
    /^--perf_duration \(2000 ms\) is longer than --perf_interval/,
  ],
];
for (const [isolation, flags, message] of refused) {
  test(`${isolation} ${JSON.stringify(flags)} is refused`, async t => {
    await assert.rejects(machine(t, isolation, flags), { code: 'CGROUP', message });
  });
}

test('containers are looked at when a kill is counted, and not otherwise', async () => {
  let kills = 0;
  let [looks, reads] = [0, 0];
  const tick = Promise.withResolvers<void>();
  const clock = { ...systemClock, after: (_: number, f: () => void) => systemClock.after(1, f) };
  const watch = new OomWatch({ clock, log: silentLogger() }, async () => {
    if (++reads === 50) tick.resolve();
    return `nr_free_pages 1\noom_kill ${kills}\n`;
  });
  const limitation = { message: 'too much' };
  let ranOut = false;
  const check = async () => {
    looks++;
    return ranOut ? limitation : undefined;
  };
  const watched = watch.watch(check, new AbortController().signal);
  await tick.promise;
  const before = looks;
  assert.ok(before <= 3, String(before)); // at the beginning, and with the first numbers
  ranOut = true;
  kills = 1;
  assert.deepEqual(await watched, limitation);
  watch.close();
});
