/** Tasks that attack: what they can learn of the machine, and do to it, from inside of their namespaces. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerInfo } from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import { CgroupsRoot } from './support/cgroups.ts';
import { Cluster } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { sandboxOf } from './support/task-scene.ts';

const need = needs.root('the linux launcher makes cgroups and namespaces');
const all = 'filesystem/linux,namespaces/pid,namespaces/ipc,linux/capabilities,linux/nnp,posix/rlimits';

async function scene(t: TestContext, isolation: string, flags: Flags = {}) {
  const cgroups = new CgroupsRoot(t);
  const cluster = await Cluster.start(t, { agents: [{ isolation, cgroups_root: cgroups.name, ...flags }] });
  return { cluster, framework: await cluster.framework(), cgroups };
}

async function end(framework: Framework, id: string): Promise<void> {
  await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
  await framework.end(id);
}

function sandboxFile(cluster: Cluster, id: string, name: string): string {
  return readFileSync(path.join(sandboxOf(cluster, id), name), 'utf8');
}

const forever = 'while :; do sleep 1000; done';

for (const isolation of [all, 'linux/capabilities,linux/nnp']) {
  test(`a check of a task can do no more than the task (${isolation})`, need, async t => {
    const { cluster, framework } = await scene(t, isolation, {
      bounding_capabilities: '{"capabilities": ["CHOWN", "KILL"]}',
    });
    const show = "grep -E 'CapPrm|CapEff|CapBnd|NoNewPrivs' /proc/self/status; pwd -P";
    await framework.run(
      shellTask('checked', `(${show}) >started && mv started task; ${forever}`, {
        health_check: {
          type: 'COMMAND',
          command: { value: `cd "$MESOS_SANDBOX" && (${show}) >new && mv new check` },
          delay_seconds: 0,
          interval_seconds: 0.2,
        },
      }),
    );
    await eventually('health', () => framework.updates.some(({ healthy }) => healthy));
    // A check may be faster than the task.
    await eventually('what the task sees', () => existsSync(path.join(sandboxOf(cluster, 'checked'), 'task')));
    const ofTask = sandboxFile(cluster, 'checked', 'task');
    assert.match(ofTask, /^CapPrm:\t0+21\nCapEff:\t0+21\nCapBnd:\t0+21\nNoNewPrivs:\t1\n/);
    assert.equal(sandboxFile(cluster, 'checked', 'check'), ofTask);
    await end(framework, 'checked');
  });
}

test('the init has nothing to take: no privileges, no file, no memory', need, async t => {
  const { cluster, framework } = await scene(t, all, { bounding_capabilities: '{"capabilities": ["SYS_PTRACE"]}' });
  const look = `grep -E 'CapPrm|CapEff|CapBnd' /proc/1/status
    cat /proc/1/environ /proc/1/maps >&2 || echo no memory
    ls -l /proc/1/fd >&2 || echo no files
    ls /proc/1/cwd/ /proc/1/root/ >&2 || echo no directories
    ls /proc/self/fd | wc -l`;
  const none = { linux_info: { effective_capabilities: {}, bounding_capabilities: {} } };
  for (const [id, more] of Object.entries({ tracer: {}, plain: { container: { type: 'MESOS' as const, ...none } } })) {
    await framework.run(shellTask(id, look, more));
    await framework.end(id);
  }
  const denied = 'no memory\nno files\nno directories\n';
  assert.equal(
    sandboxFile(cluster, 'plain', 'stdout'),
    `CapPrm:\t${'0'.repeat(16)}\nCapEff:\t${'0'.repeat(16)}\nCapBnd:\t${'0'.repeat(16)}\n${denied}4\n`,
  );
  assert.match(sandboxFile(cluster, 'tracer', 'stdout'), /^CapPrm:\t0{16}\nCapEff:\t0{16}\nCapBnd:\t0{11}80000\n/);
});

test('a task that may trace processes finds none of a check that may do more than itself', need, async t => {
  const { cluster, framework } = await scene(t, all, { bounding_capabilities: '{"capabilities": ["SYS_PTRACE"]}' });
  // Reads the capabilities of every process that it sees, as often as it can.
  const look = `my $own = (grep { /^CapPrm/ } read_lines('self'))[0];
    sub read_lines { open my $file, '<', "/proc/$_[0]/status" or return; return <$file> }
    open my $seen, '>', 'seen'; select $seen; $| = 1;
    while (1) {
      for (glob '/proc/[0-9]*') {
        my ($pid) = /(\\d+)/;
        my @status = read_lines($pid);
        my ($name, $held) = map { my $field = $_; grep { /^$field/ } @status } 'Name', 'CapPrm';
        next if !defined $held || $pid == 1 || $held eq $own;
        print "$pid $name$held";
      }
    }`;
  await framework.run(
    shellTask('tracer', '', {
      command: {
        value: 'printf "%s" "$PROGRAM" > look.pl; exec perl look.pl',
        environment: { variables: [{ name: 'PROGRAM', value: look }] },
      },
      health_check: {
        type: 'COMMAND',
        command: { value: 'echo >>"$MESOS_SANDBOX/checks"' },
        delay_seconds: 0,
        interval_seconds: 0.02,
      },
    }),
  );
  await eventually('its look', () => existsSync(path.join(sandboxOf(cluster, 'tracer'), 'seen')));
  await eventually('health', () => framework.updates.some(({ healthy }) => healthy));
  const checks = () => sandboxFile(cluster, 'tracer', 'checks').length;
  const before = checks();
  await eventually('checks', () => checks() >= before + 30);
  assert.equal(sandboxFile(cluster, 'tracer', 'seen'), '');
  await end(framework, 'tracer');
});

const onX64 = process.arch === 'x64' ? {} : { skip: 'the number of keyctl(2) is that of x64' };
test('a task has a session keyring of its own', { ...need, ...onX64 }, async t => {
  const { cluster, framework } = await scene(t, 'namespaces/pid');
  const id = "perl -e 'print syscall 250, 0, -3, 0'"; // KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING
  for (const task of ['one', 'two']) {
    await framework.run(shellTask(task, id));
    await framework.end(task);
  }
  const ids = ['one', 'two'].map(task => sandboxFile(cluster, task, 'stdout'));
  assert.equal(new Set([...ids, execFileSync('sh', ['-c', id], { encoding: 'utf8' })]).size, 3);
});

test('a volume in the place of /proc leads nothing that root does to another place', need, async t => {
  const { cluster, framework } = await scene(t, 'filesystem/linux');
  const [evil, target] = ['evil', 'target'].map(name => path.join(cluster.directory, name)) as [string, string];
  mkdirSync(path.join(evil, 'self/fd'), { recursive: true });
  mkdirSync(target);
  writeFileSync(path.join(target, 'secret'), '');
  for (let fd = 0; fd < 64; fd++) symlinkSync(target, path.join(evil, 'self/fd', String(fd)));
  const volumes: ContainerInfo['volumes'] = [
    { host_path: evil, container_path: '/proc', mode: 'RW' },
    { host_path: '/etc', container_path: 'made/below', mode: 'RO' },
    { host_path: '/etc/hostname', container_path: 'file', mode: 'RO' },
    { host_path: 'own', container_path: 'shown', mode: 'RW' },
  ];
  const container: ContainerInfo = { type: 'MESOS', volumes };
  await framework.run(shellTask('x', 'ls /proc shown; cat file; ls made/below/hostname', { container }));
  await framework.end('x');
  assert.deepEqual(readdirSync(target), ['secret']);
  const hostname = readFileSync('/etc/hostname', 'utf8');
  assert.equal(sandboxFile(cluster, 'x', 'stdout'), `/proc:\nself\n\nshown:\n${hostname}made/below/hostname\n`);
});
