/** Tasks with the cgroup isolators that are less common, and the agent's own cgroups. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { all, eventually, needs } from '@meseta/system/testing';
import { type Bench, bench, kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';
import { TestCgroups } from './testing/test-cgroups.ts';

const isRoot = needs.root('cgroups are made for containers');
const mayMount = all(isRoot, needs.mounting('hierarchies that the machine does not mount'));

/** Mounts hierarchies of version 1 for one test. */
function mount(at: Bench, ...controllers: string[]): string {
  const directory = join(at.directory, 'hierarchies');
  for (const name of controllers) {
    const path = join(directory, name);
    mkdirSync(path, { recursive: true });
    execFileSync('mount', ['-t', 'cgroup', '-o', name, name, path]);
    at.onEnd(async () => execFileSync('umount', [path]));
  }
  return directory;
}

async function start(at: Bench, cgroups: TestCgroups, isolation: string, ...more: string[]) {
  const agent = await startTestAgent(at, ...cgroups.flags(isolation, ...more));
  at.onEnd(() => agent.shutdown());
  return agent;
}

test('a task can use the devices of every program and those of --allowed_devices, and no others', isRoot, async t => {
  const at = await bench(t);
  const allowed = { allowed_devices: [{ device: { path: '/dev/kmsg' }, access: { read: true } }] };
  await start(at, new TestCgroups(at), 'cgroups/devices', `--allowed_devices=${JSON.stringify(allowed)}`);
  const node = join(at.directory, 'loop');
  const mayWrite = '! (exec 3<>/dev/kmsg) 2>/dev/null';
  const makes = `mknod ${node} b 7 200`; // any may be made, but not opened
  const opens = `! (exec 3<${node}) 2>${node}.error; grep -q 'not permitted' ${node}.error`;
  at.master.command('devices', `set -e; echo > /dev/null; (exec 3</dev/kmsg); ${mayWrite}; ${makes}; ${opens}`);
  const { status } = await at.master.until('devices', 'TASK_FINISHED');
  assert.equal(status.message, 'Command exited with status 0');
});

for (const [allowed, message] of [
  [{ device: { path: '/dev/null' }, access: {} }, /nothing is allowed of device \/dev\/null/],
  [{ device: { path: '/etc/passwd' }, access: { read: true } }, /\/etc\/passwd is no device/],
  [{ device: { path: '/dev/none' }, access: { read: true } }, /cannot look at device \/dev\/none: no such file/],
] as const) {
  test(`--allowed_devices=${JSON.stringify(allowed)} is refused`, isRoot, async t => {
    const at = await bench(t);
    const flags = new TestCgroups(at).flags(
      'cgroups/devices',
      `--allowed_devices=${JSON.stringify({ allowed_devices: [allowed] })}`,
    );
    await assert.rejects(startTestAgent(at, ...flags), { code: 'DEVICE', message });
  });
}

test('a controller that the machine does not have is named', isRoot, async t => {
  const at = await bench(t);
  const flags = new TestCgroups(at, at.directory).flags('cgroups/mem');
  const message = // the launcher's, which comes first
    /^No cgroup hierarchy below .* \(--cgroups_hierarchy\) has the controller 'freezer'; there are: none\. Mount/;
  await assert.rejects(startTestAgent(at, ...flags), { code: 'CGROUP', message });
});

test('a task in a cpuset has the processors of all', isRoot, async t => {
  const at = await bench(t);
  const cgroups = new TestCgroups(at);
  await start(at, cgroups, 'cgroups/cpuset');
  at.master.command('cpuset', 'sleep 1000');
  await at.master.until('cpuset', 'TASK_RUNNING');
  assert.equal(cgroups.read('cpuset', 'cpuset.cpus'), cgroups.read('cpuset', 'cpuset.cpus', '..'));
  assert.notEqual(cgroups.read('cpuset', 'cgroup.procs'), '');
});

test(
  'tasks are launched after another agent has ended, and removed the cgroup that both have theirs in',
  isRoot,
  async t => {
    const at = await bench(t);
    const cgroups = new TestCgroups(at);
    await start(at, cgroups, 'cgroups/cpuset,cgroups/mem');
    cgroups.removeRoot();
    at.master.command('next', 'sleep 1000');
    await at.master.until('next', 'TASK_RUNNING');
    assert.notEqual(cgroups.read('cpuset', 'cpuset.cpus', '..'), '');
  },
);

test('cgroups/all has all that are mounted', isRoot, async t => {
  const at = await bench(t);
  const cgroups = new TestCgroups(at);
  await start(at, cgroups, 'cgroups/all,cgroups/mem');
  at.master.command('all', 'sleep 1000');
  await at.master.until('all', 'TASK_RUNNING');
  for (const name of ['blkio', 'cpu', 'cpuacct', 'cpuset', 'devices', 'memory', 'pids']) {
    assert.notEqual(cgroups.read(name, 'cgroup.procs'), '', name);
  }
});

test('the packets of a task have a handle, which its status tells', mayMount, async t => {
  const at = await bench(t);
  // Not those that version 2 has as well: a kernel may take minutes until it gives them back, and other tests need them there.
  const directory = mount(at, 'freezer', 'net_cls', 'net_prio');
  const cgroups = new TestCgroups(at, directory);
  const handles = ['--cgroups_net_cls_primary_handle=0x0012', '--cgroups_net_cls_secondary_handles=0x0005,0x0006'];
  const flags = cgroups.flags('cgroups/net_cls,cgroups/net_prio', ...handles);
  let agent = spawnAgent(at, ...flags);
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await at.master.untilAgent();
  at.master.command('first', 'sleep 1000');
  const { status } = await at.master.until('first', 'TASK_RUNNING');
  assert.deepEqual(status.container_status?.cgroup_info, { net_cls: { classid: 0x12_0005 } });
  assert.equal(cgroups.read('net_cls', 'net_cls.classid'), String(0x12_0005));

  await kill(agent, 'SIGKILL');
  agent = spawnAgent(at, ...flags);
  await eventually('the next agent', () => at.master.received.some(({ name }) => name.includes('Reregister')));
  at.master.command('second', 'sleep 1000');
  const second = await at.master.until('second', 'TASK_RUNNING');
  assert.deepEqual(second.status.container_status?.cgroup_info, { net_cls: { classid: 0x12_0006 } });
  at.master.command('third', 'sleep 1000');
  const { message } = (await at.master.until('third', 'TASK_FAILED')).status;
  assert.match(message ?? '', /No handle of cgroups\/net_cls is free/);
});

test("a task's checks run in its cgroups", isRoot, async t => {
  const at = await bench(t);
  const cgroups = new TestCgroups(at);
  await start(at, cgroups, 'cgroups/cpu,cgroups/mem,namespaces/pid');
  const file = join(at.directory, 'cgroup');
  const command = { command: { value: `cat /proc/self/cgroup > ${file}.new; mv ${file}.new ${file}` } };
  const check = { type: 'COMMAND', command, delay_seconds: 0, interval_seconds: 0.05, timeout_seconds: 20 } as const;
  at.master.command('checked', 'sleep 1000', { check });
  const { status } = await at.master.until('checked', 'TASK_RUNNING');
  await eventually('a check', () => existsSync(file));
  const container = status.container_status?.container_id?.value;
  for (const name of ['cpu', 'cpuacct', 'memory']) {
    assert.match(readFileSync(file, 'utf8'), new RegExp(`:${name}:/${cgroups.root}/${container}$`, 'm'));
  }
});

/** Version 1 may have the controller, unmounted: engines of other tests keep a hierarchy that was mounted for a moment. */
const isInVersion1 = () =>
  /^perf_event\t[1-9]/m.test(readFileSync('/proc/cgroups', 'utf8')) && !existsSync('/sys/fs/cgroup/perf_event');
const perf = needs.program('perf', 'Debian: linux-perf');

test('perf counts events of a task', all(isRoot, perf), async t => {
  const at = await bench(t);
  const cgroups = new TestCgroups(at);
  const flags = ['--perf_events=page-faults,task-clock', '--perf_interval=300ms', '--perf_duration=200ms'];
  if (isInVersion1()) {
    const refused = {
      code: 'CGROUP',
      message: /perf_event is in a hierarchy of version 1, .* Mount it there: mount -t/,
    };
    return assert.rejects(start(at, cgroups, 'cgroups/perf_event', ...flags), refused);
  }
  const agent = await start(at, cgroups, 'cgroups/perf_event', ...flags);
  at.master.command('busy', 'while true; do true | true; done');
  await at.master.until('busy', 'TASK_RUNNING');
  await eventually('a sample with page faults', async () => {
    const response = await fetch(`http://127.0.0.1:${agent.port}/containers`);
    const [container] = (await response.json()) as { statistics: { perf?: Record<string, number> } }[];
    const { duration, page_faults = 0, task_clock = 0 } = container?.statistics.perf ?? {};
    return duration === 0.2 && page_faults > 0 && task_clock > 0;
  });
});

test('perf ends with the agent', all(isRoot, perf), async t => {
  if (isInVersion1()) return; // no agent starts
  const at = await bench(t);
  const flags = ['--perf_events=task-clock', '--perf_interval=2secs', '--perf_duration=2secs'];
  const agent = await start(at, new TestCgroups(at), 'cgroups/perf_event', ...flags);
  at.master.command('task', 'sleep 1000');
  await at.master.until('task', 'TASK_RUNNING');
  await eventually('perf', () => childrenNamed('perf').length > 0);
  await agent.shutdown();
  assert.deepEqual(childrenNamed('perf'), []);
});

/** Returns the processes that this one has started whose program has that name. */
function childrenNamed(name: string): string[] {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return ''; // the thread or the process has ended meanwhile
    }
  };
  const pids = readdirSync('/proc/self/task').flatMap(thread =>
    read(`/proc/self/task/${thread}/children`).split(' ').filter(Boolean),
  );
  return pids.filter(pid => read(`/proc/${pid}/comm`) === name);
}

test('--agent_subsystems puts the agent into groups of its own, and tasks into theirs', isRoot, async t => {
  const at = await bench(t);
  const cgroups = new TestCgroups(at);
  const agent = spawnAgent(at, ...cgroups.flags('cgroups/mem', '--agent_subsystems=memory,cpuset'));
  at.onEnd(() => kill(agent, 'SIGTERM'));
  await at.master.untilAgent();
  const groups = () => readFileSync(`/proc/${agent.pid}/cgroup`, 'utf8');
  for (const name of ['memory', 'cpuset']) assert.match(groups(), new RegExp(`:${name}:/${cgroups.root}/slave$`, 'm'));
  assert.doesNotMatch(groups(), new RegExp(`:pids:/${cgroups.root}`));
  at.master.command('task', 'cat /proc/self/cgroup; sleep 1000');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const ofTask = readFileSync(`/proc/${status.container_status?.executor_pid}/cgroup`, 'utf8');
  const container = status.container_status?.container_id?.value;
  assert.match(ofTask, new RegExp(`:memory:/${cgroups.root}/${container}$`, 'm'));
});

for (const [timeout, name] of [
  ['100ms', 'a cgroup that is not free within --cgroups_destroy_timeout stays, and the log says what is in it'],
  ['1mins', 'within --cgroups_destroy_timeout a cgroup is removed when it gets free'],
] as const) {
  test(name, isRoot, async t => {
    const at = await bench(t);
    const cgroups = new TestCgroups(at);
    await start(at, cgroups, 'cgroups/mem', `--cgroups_destroy_timeout=${timeout}`);
    at.master.command('task', 'sleep 1000');
    await at.master.until('task', 'TASK_RUNNING');
    const [id = ''] = cgroups.groups('memory');
    const stranger = spawn('sleep', ['1000']);
    const ended = once(stranger, 'exit');
    at.onEnd(async () => {
      stranger.kill();
      await ended;
    });
    cgroups.enter('memory', id, stranger.pid!);
    at.master.kill('task');
    await at.master.until('task', 'TASK_KILLED');
    await eventually('the group that processes are found by to be gone', () => !cgroups.groups('freezer').includes(id));
    if (timeout === '100ms') {
      await eventually('the warning', () => {
        const said = new RegExp(`${id} could not be removed within 100ms .*in it \\(${stranger.pid}\\)`);
        return at.lines.some(line => said.test(line));
      });
    }
    assert.deepEqual(cgroups.groups('memory'), [id]);
    stranger.kill();
    await ended;
    if (timeout === '100ms') cgroups.rmdir('memory', id);
    else await eventually('the cgroup to be gone', () => cgroups.groups('memory').length === 0);
  });
}
