/** Tasks with the cgroup isolators: what they get, what happens at a limit, and that nothing is left. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { KillTaskMessage, type Resource, type ResourceStatistics } from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import type { RunningAgent } from './running-agent.ts';
import { frameworkId, type ScriptedMaster } from './testing/scripted-master.ts';
import { type Bench, bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';
import { TestCgroups } from './testing/test-cgroups.ts';

const isRoot = needs.root('cgroups are made for containers');
const framework_id = { value: frameworkId };
const megabyte = 1024 * 1024;
/** What Mesos gives a command task on top of its request, for its executor. */
const ofExecutor = { cpus: 0.1, mem: 32 };
/** Needs more memory than there is: the shell itself, or a child of it. */
const hog = 'x=a; while true; do x=$x$x; done';

function resources(cpus: number, mem: number): Resource[] {
  const values = Object.entries({ cpus, mem });
  return values.map(([name, value]) => ({
    ...{ name, type: 'SCALAR', scalar: { value } },
    allocation_info: { role: '*' },
  }));
}

/** A bench with an agent in this process. */
async function start(t: Parameters<typeof bench>[0], isolation: string, ...more: string[]) {
  const at = await bench(t);
  const cgroups = new TestCgroups(at);
  const agent = await startTestAgent(at, ...cgroups.flags(isolation, ...more));
  at.onEnd(() => agent.shutdown());
  return { at, master: at.master, cgroups, agent };
}

/** Asserts that a task ended for its memory, with the words recorded of Mesos. */
async function assertOutOfMemory(master: ScriptedMaster, id: string, requested: number): Promise<void> {
  const megabytes = requested + ofExecutor.mem;
  const { status } = await master.until(id, 'TASK_FAILED');
  assert.equal(status.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
  assert.equal(status.source, 'SOURCE_AGENT');
  const message = status.message ?? '';
  const head = `Memory limit exceeded: Requested: ${megabytes}MB Maximum Used: ${megabytes}MB\n\nMEMORY STATISTICS: \n`;
  assert.ok(message.startsWith(head), message);
  assert.match(message, /\ntotal_unevictable \d+\n\n$/);
  const mem = { name: 'mem', type: 'SCALAR', scalar: { value: megabytes } };
  assert.deepEqual(status.limitation, { resources: [mem] });
}

async function statistics({ port }: RunningAgent): Promise<ResourceStatistics> {
  const response = await fetch(`http://127.0.0.1:${port}/containers`);
  const [container] = (await response.json()) as { statistics: ResourceStatistics }[];
  assert.ok(container);
  return container.statistics;
}

const killTask = (master: ScriptedMaster, id: string) =>
  master.send(KillTaskMessage, { framework_id, task_id: { value: id } });

/** Returns a shell command that waits for a file. */
const untilExists = (file: string) => `while [ ! -e ${file} ]; do sleep 0.02; done`;

suite('memory', isRoot, () => {
  test('a task that needs more than it has fails, and says so', async t => {
    const { master } = await start(t, 'cgroups');
    master.command('hog', hog, { resources: resources(0.5, 64) });
    await assertOutOfMemory(master, 'hog', 64);
    assert.deepEqual(master.states('hog'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FAILED']);
  });

  test('so does a task of which only a child is killed', async t => {
    const { master, cgroups } = await start(t, 'cgroups/mem');
    master.command('parent', `sh -c '${hog}'; sleep 1000`, { resources: resources(0.5, 32) });
    await assertOutOfMemory(master, 'parent', 32);
    await eventually('no cgroup to be left', () => cgroups.all().length === 0);
  });

  test('a limit may be higher than the request; then the task is killed sooner when the machine has no memory', async t => {
    const { master, cgroups, at } = await start(t, 'cgroups/mem');
    const file = join(at.directory, 'score');
    const limits = { mem: { value: 96 } };
    master.command('burst', `cat /proc/self/oom_score_adj > ${file}; sleep 1000`, {
      resources: resources(0.1, 40),
      limits,
    });
    await master.until('burst', 'TASK_RUNNING');
    assert.equal(cgroups.read('memory', 'memory.soft_limit_in_bytes'), String((40 + ofExecutor.mem) * megabyte));
    assert.equal(cgroups.read('memory', 'memory.limit_in_bytes'), String((96 + ofExecutor.mem) * megabyte));
    const score = Number(await eventually('the score', () => existsSync(file) && readFileSync(file, 'utf8').trim()));
    assert.ok(score > 900 && score < 1000, String(score));
    killTask(master, 'burst');
    await master.until('burst', 'TASK_KILLED');
  });

  for (const [when, command] of [
    ['ended', hog],
    ['did not end', `sh -c '${hog}'; sleep 1000`],
  ] as const) {
    test(`a task that ran out of memory and ${when} while no agent was there fails for that`, async t => {
      const at = await bench(t);
      const { master, directory } = at;
      const cgroups = new TestCgroups(at);
      let agent = spawnAgent(at, ...cgroups.flags('cgroups/mem'));
      at.onEnd(() => kill(agent, 'SIGTERM'));
      await master.untilAgent();
      const go = join(directory, 'go');
      master.command('away', `${untilExists(go)}; ${command}`, { resources: resources(0.5, 48) });
      await master.until('away', 'TASK_RUNNING');
      const [id = ''] = cgroups.groups('memory');
      await kill(agent, 'SIGKILL');
      writeFileSync(go, '');
      await eventually('the kill', () => /^oom_kill [1-9]/m.test(cgroups.read('memory', 'memory.oom_control', id)));
      agent = spawnAgent(at, ...cgroups.flags('cgroups/mem'));
      await assertOutOfMemory(master, 'away', 48);
    });
  }

  test('how often it was short is counted', async t => {
    const { master, agent, at } = await start(t, 'cgroups/mem');
    const file = join(at.directory, 'big');
    const writes = `while true; do dd if=/dev/zero of=${file} bs=1M count=100 2>/dev/null; done`; // the cache of it is limited
    master.command('writes', writes, { resources: resources(0.5, 32) });
    await master.until('writes', 'TASK_RUNNING');
    await eventually('pressure', async () => ((await statistics(agent)).mem_low_pressure_counter ?? 0) > 0);
  });

  test('swap can be limited with it', async t => {
    const { master, cgroups } = await start(t, 'cgroups/mem', '--cgroups_limit_swap');
    master.command('swaps', 'sleep 1000', { resources: resources(0.1, 48) });
    await master.until('swaps', 'TASK_RUNNING');
    assert.equal(cgroups.read('memory', 'memory.memsw.limit_in_bytes'), String((48 + ofExecutor.mem) * megabyte));
  });
});

suite('processors', isRoot, () => {
  test('a task gets no more time than it has, with --cgroups_enable_cfs', async t => {
    const { master, agent } = await start(
      t,
      'cgroups/cpu',
      '--cgroups_enable_cfs',
      '--cgroups_cpu_enable_pids_and_tids_count',
    );
    master.command('busy', 'while true; do :; done', { resources: resources(0.1, 32) });
    await master.until('busy', 'TASK_RUNNING');
    const used = await eventually('the task to be slowed down', async () => {
      const numbers = await statistics(agent);
      const { cpus_nr_throttled = 0, cpus_throttled_time_secs = 0 } = numbers;
      return cpus_nr_throttled >= 20 && cpus_throttled_time_secs > 0.1 ? numbers : undefined;
    });
    const time = (used.cpus_user_time_secs ?? 0) + (used.cpus_system_time_secs ?? 0);
    const periods = (used.cpus_nr_periods ?? 0) + 20; // the numbers are not of the same moment
    assert.ok(time < 0.02 * periods, `${time} s in ${periods} periods`);
    assert.deepEqual([used.processes, used.threads], [1, 1]);
  });

  test('shares are by request, quotas by limit', async t => {
    const { master, cgroups } = await start(t, 'cgroups/cpu');
    const limits = { cpus: { value: 1.5 } };
    master.command('limited', 'sleep 1000', { resources: resources(0.5, 32), limits });
    await master.until('limited', 'TASK_RUNNING');
    assert.equal(cgroups.read('cpu', 'cpu.shares'), '614');
    assert.equal(cgroups.read('cpu', 'cpu.cfs_quota_us'), '160000');
  });
});

test('a fork bomb stays below what the operator lets all containers have', isRoot, async t => {
  const { at, master, cgroups } = await start(t, 'cgroups/pids');
  cgroups.limit('pids', 'pids.max', '40');
  const file = join(at.directory, 'processes');
  // Unlike a shell's, its first process goes on when it cannot fork.
  const fork =
    'my $pid = fork; if (!defined $pid) { sleep 1 } elsif ($pid) { syswrite STDOUT, "$pid\n" } else { sleep 1000 }';
  const bomb = `exec perl -e 'while (1) { ${fork} }' >${file}`;
  master.command('bomb', bomb, { resources: resources(0.1, 32) });
  const started = () => readFileSync(file, 'utf8').split('\n').length - 1;
  await eventually('the limit', () => cgroups.read('pids', 'pids.current', '.') === '40');
  assert.ok(started() < 40);
  killTask(master, 'bomb');
  await eventually('the end', () => /TASK_(KILLED|FAILED)/.test(master.states('bomb').at(-1) ?? ''));
  await eventually('no process and no cgroup to be left', () => cgroups.all().length === 0);
});

test('statistics are those that Mesos has', isRoot, async t => {
  const { master, agent } = await start(t, 'cgroups/cpu,cgroups/mem,cgroups/blkio,cgroups/pids');
  master.command('sleeps', 'sleep 1000', { resources: resources(0.5, 64) });
  await master.until('sleeps', 'TASK_RUNNING');
  const { blkio_statistics, ...numbers } = await statistics(agent);
  const [totals] = blkio_statistics?.throttling?.slice(-1) ?? [];
  assert.deepEqual(Object.keys(totals ?? {}).sort(), ['io_service_bytes', 'io_serviced']);
  assert.deepEqual(
    Object.keys(numbers).sort(),
    [
      ...['cpus_soft_limit', 'cpus_system_time_secs', 'cpus_user_time_secs', 'mem_anon_bytes', 'mem_cache_bytes'],
      ...['mem_file_bytes', 'mem_kmem_tcp_usage_bytes', 'mem_kmem_usage_bytes', 'mem_limit_bytes'],
      ...['mem_mapped_file_bytes', 'mem_rss_bytes', 'mem_soft_limit_bytes', 'mem_swap_bytes', 'mem_total_bytes'],
      ...['mem_low_pressure_counter', 'mem_medium_pressure_counter', 'mem_critical_pressure_counter'],
      ...['mem_unevictable_bytes', 'timestamp'],
    ].sort(),
  );
  assert.equal(numbers.cpus_soft_limit, 0.6);
  assert.equal(numbers.mem_limit_bytes, 96 * megabyte);
  assert.ok((numbers.mem_total_bytes ?? 0) > 0);
});

test('an executor has what its tasks have: more with each, less when one ends, but no lower limit', isRoot, async t => {
  const { master, cgroups } = await start(t, 'cgroups', '--cgroups_enable_cfs');
  const file = fileURLToPath(new URL('./testing/http-executor.ts', import.meta.url));
  const value = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${file}'`;
  const executor = {
    executor_id: { value: 'custom' },
    command: { value },
    resources: resources(0.5, 256),
    framework_id,
  };
  const read = () => [
    Number(cgroups.read('cpu', 'cpu.shares')),
    Number(cgroups.read('cpu', 'cpu.cfs_quota_us')),
    Number(cgroups.read('memory', 'memory.soft_limit_in_bytes')) / megabyte,
    Number(cgroups.read('memory', 'memory.limit_in_bytes')) / megabyte,
  ];
  master.run({ id: 'first', executor, resources: resources(0.5, 32) });
  await master.until('first', 'TASK_RUNNING');
  assert.deepEqual(read(), [1024, 100_000, 288, 288]);
  master.run({ id: 'second', executor, resources: resources(1, 64) });
  await master.until('second', 'TASK_RUNNING');
  assert.deepEqual(read(), [2048, 200_000, 352, 352]);
  killTask(master, 'second');
  await master.until('second', 'TASK_KILLED');
  await eventually(
    () => `less of all but the limit of memory; there is ${read()}`,
    () => isDeepStrictEqual(read(), [1024, 100_000, 288, 352]),
  );
});

test('an agent that is killed in the middle of launches leaves no cgroup to the next one', isRoot, async t => {
  const at: Bench = await bench(t);
  const { master } = at;
  const cgroups = new TestCgroups(at);
  const flags = cgroups.flags('cgroups/cpu,cgroups/mem,cgroups/pids');
  let agent = spawnAgent(at, ...flags);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await master.untilAgent();
  for (let number = 0; number < 12; number++) master.command(`task-${number}`, 'sleep 1000');
  await eventually('some cgroups', () => cgroups.groups('memory').length > 2);
  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags);
  await eventually('the next agent to know the tasks', () =>
    master.received.some(({ name }) => /Reregister/.test(name)),
  );
  for (let number = 0; number < 12; number++) killTask(master, `task-${number}`);
  await eventually('no cgroup to be left', () => cgroups.all().length === 0);
});
