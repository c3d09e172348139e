/** Hostile tasks try what would harm the machine or other tasks, from inside of their containers. None of it succeeds. */
import assert from 'node:assert/strict';

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TaskInfo } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import { CgroupsRoot } from './support/cgroups.ts';
import { Cluster } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { sandboxOf } from './support/task-scene.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const root = needs.root('the linux launcher makes cgroups and namespaces');
const inImages = all(root, needs.mounting('images are mounted'), needsBusybox);
const isolators = [
  ...['filesystem/linux', 'namespaces/pid', 'namespaces/ipc', 'linux/capabilities', 'linux/nnp'],
  ...['cgroups/cpu', 'cgroups/mem', 'cgroups/pids', 'cgroups/devices'],
];
/** What images usually expect, and what some of the attacks need. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL', 'MKNOD', 'SYS_CHROOT'];

async function scene(t: TestContext, isolation: readonly string[], flags: Flags = {}) {
  const cgroups = new CgroupsRoot(t);
  const agent: Flags = {
    isolation: isolation.join(','),
    cgroups_root: cgroups.name,
    bounding_capabilities: JSON.stringify({ capabilities }),
    default_container_shm_size: '64MB',
    ...flags,
  };
  const cluster = await Cluster.start(t, { agents: [agent] });
  return { cluster, framework: await cluster.framework() };
}

/** Starts a task that has something to lose. @returns the file with it. */
async function victim(cluster: Cluster, framework: Framework, user: string): Promise<string> {
  const command = { value: 'echo secret >secret; while :; do sleep 1000; done', user };
  await framework.run(shellTask('victim', '', { command }));
  await framework.reaches('victim', 'TASK_RUNNING');
  const file = path.join(sandboxOf(cluster, 'victim'), 'secret');
  await eventually('the secret', () => readFileSync(file, 'utf8') === 'secret\n');
  return file;
}

/** Runs attacks, shell lines that end with status 0 when they succeed. @returns the names of those that do. */
async function succeeding(
  cluster: Cluster,
  framework: Framework,
  attacks: Readonly<Record<string, string>>,
  more: Partial<TaskInfo>,
): Promise<string[]> {
  const tries = Object.entries(attacks).map(([name, line]) => `(${line}) >>tries 2>&1 && echo '${name}'`);
  const value = ['cd "$MESOS_SANDBOX"', ...tries, 'echo done'].join('\n');
  await framework.run(shellTask('attacker', '', { ...more, command: { ...more.command, value } }));
  const { message } = await framework.end('attacker');
  const output = readFileSync(path.join(sandboxOf(cluster, 'attacker'), 'stdout'), 'utf8')
    .trim()
    .split('\n');
  assert.equal(output.pop(), 'done', message ?? 'it ended early');
  return output;
}

/** A block device of the machine, and its memory when it has none. */
function disk(): string {
  const [major, minor] = readFileSync('/proc/partitions', 'utf8').match(/\d+/g) ?? [];
  return major ? `b ${major} ${minor}` : 'c 1 1';
}

/** Perl that succeeds when the kernel would have loaded the file x.ko, were it a module: finit_module(2) of x64. */
const load =
  'open F, "<", "x.ko"; my $none = ""; syscall 313, fileno F, $none, 0; exit($!{ENOEXEC} || $!{EINVAL} ? 0 : 1)';

/** Attacks of all users. Those that would do harm write what is there already. */
const ofAll = (agent: number, secret: string) => ({
  'signals a process of the machine': `kill -0 ${agent}`,
  'sees processes of the machine': `[ "$(ls /proc | grep -c '^[0-9]')" -gt 9 ]`,
  'sees what the agent was started with': `cat /proc/${agent}/cmdline`,
  'reads the sandbox of another task': `cat ${secret}`,
  'writes settings of the kernel': 'cat /proc/sys/vm/swappiness >s && cat s >/proc/sys/vm/swappiness',
  'gives a command to the kernel': 'echo h >/proc/sysrq-trigger',
  'reads the disk': `mknod disk ${disk()} && head -c 1 disk`,
  'reads the memory of the machine': 'mknod memory c 1 1 && head -c 1 memory',
  'mounts a file system': 'mount -t tmpfs x /mnt',
  'mounts cgroups': 'mount -t cgroup -o memory x /mnt || mount -t cgroup2 x /mnt',
  'makes /sys writable': 'mount -o remount,rw /sys',
  'takes mounts away': 'umount /proc',
  'joins a cgroup of the machine':
    'echo $$ >/sys/fs/cgroup/memory/cgroup.procs || echo $$ >/sys/fs/cgroup/cgroup.procs',
  'names a program for the kernel to run':
    'ls /sys/fs/cgroup/*/release_agent && for f in /sys/fs/cgroup/*/release_agent; do echo >$f; done',
  'makes namespaces': 'unshare --mount true',
  'enters namespaces': 'nsenter --target 1 --mount true',
  'changes the clock': 'date -s "@$(date +%s)" 2>&1 | grep . | grep -v -e permitted -e UTC',
  'changes the network': 'ip link set lo mtu 65536',
  'gets processors before others': 'nice -n -5 true 2>&1 | grep . && exit 1; nice -n -5 sh -c "[ $(nice) -lt 0 ]"',
  'fills the shared memory of the machine':
    'df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2 >shm; [ "$(cat shm)" -ne 65536 ]',
});

test('of a root in an image with few capabilities', inImages, async t => {
  const directory = temporaryDirectory(t, 'attacks');
  writeBusyboxImage(directory, 'app', { Env: ['PATH=/bin'] });
  const { cluster, framework } = await scene(t, [...isolators, 'docker/runtime'], {
    image_providers: 'DOCKER',
    docker_registry: directory,
    docker_store_dir: path.join(directory, 'store'),
  });
  const secret = await victim(cluster, framework, 'root');
  const attacks = {
    ...ofAll(cluster.agent.pid, secret),
    'sees files of the machine': `ls ${cluster.directory}`,
    'loads a module': 'touch x.ko; insmod x.ko 2>&1 | grep -qi invalid',
    'reads the root above its own': 'mkdir below; chroot below true; ls /proc/1/root/home',
  };
  const container: TaskInfo['container'] = {
    type: 'MESOS',
    mesos: { image: { type: 'DOCKER', docker: { name: 'app' } } },
  };
  const found = await succeeding(cluster, framework, attacks, { container });
  await endOf(framework);
  assert.deepEqual(found, []);
});

test('of an ordinary user in the files of the machine', root, async t => {
  const { cluster, framework } = await scene(t, isolators);
  const secret = await victim(cluster, framework, 'daemon');
  const outside = mkdtempSync('/tmp/meseta-outside-');
  t.after(() => rmSync(outside, { recursive: true }));
  writeFileSync(path.join(outside, 'file'), '');
  chmodSync(outside, 0o777);
  const attacks = {
    ...ofAll(cluster.agent.pid, secret),
    'writes files of the machine': 'touch /etc/written',
    'sees /tmp of the machine': `ls ${outside}`,
    'mounts in a user namespace what it could not':
      'unshare -Urm mount -o remount,rw,bind /sys && touch /sys/fs/cgroup/x',
    'has the devices of the machine in a user namespace': `unshare -Ur sh -c 'mknod d ${disk()} && head -c 1 d'`,
    'has cgroups in a user namespace': "unshare -Urm sh -c 'mount -t cgroup -o memory x /mnt && mkdir /mnt/x'",
    'loads a module': `touch x.ko; perl -e '${load}'`,
  };
  const volumes = [{ host_path: 'tmp', container_path: '/tmp', mode: 'RW' as const }];
  const more: Partial<TaskInfo> = { container: { type: 'MESOS', volumes }, command: { user: 'nobody' } };
  const found = await succeeding(cluster, framework, attacks, more);
  await endOf(framework);
  assert.deepEqual(found, []);
});

test('that fill memory through a file system end for their memory', root, async t => {
  const { cluster, framework } = await scene(t, isolators, { default_container_shm_size: '1GB' });
  const fill = 'head -c 300000000 /dev/zero >/dev/shm/file && echo filled';
  const resources = [
    { name: 'cpus', type: 'SCALAR' as const, scalar: { value: 0.1 } },
    { name: 'mem', type: 'SCALAR' as const, scalar: { value: 32 } },
  ];
  await framework.run(shellTask('attacker', fill, { resources }));
  assert.equal((await framework.end('attacker')).reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
  assert.equal(readFileSync(path.join(sandboxOf(cluster, 'attacker'), 'stdout'), 'utf8'), '');
});

async function endOf(framework: Framework): Promise<void> {
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'victim' } } });
  await framework.end('victim');
}
