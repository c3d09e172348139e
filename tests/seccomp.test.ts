/** Tasks whose system calls are filtered: by the kernel, as their profile says, whatever user and privileges they have. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LinuxInfo, TaskInfo } from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import type { Flags } from './support/daemon.ts';
import { shellTask } from './support/framework.ts';
import { mesos, runTask, sandboxOf, taskScene } from './support/task-scene.ts';

const need = needs.root('the linux launcher makes cgroups');

const permitting = (...syscalls: object[]) => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls });
/** As if the disk were full, so that no other refusal is taken for this one. */
const noDirectories = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 };
const isFull = /No space left on device/;
/** What a shell needs for commands of its own. */
const shellOnly = [
  ...[
    'execve',
    'exit_group',
    'brk',
    'mmap',
    'mprotect',
    'munmap',
    'pread64',
    'read',
    'write',
    'openat',
    'close',
    'fcntl',
  ],
  ...[
    'newfstatat',
    'fstat',
    'access',
    'faccessat',
    'arch_prctl',
    'set_tid_address',
    'set_robust_list',
    'rseq',
    'prlimit64',
  ],
  ...[
    'getrandom',
    'rt_sigaction',
    'rt_sigprocmask',
    'rt_sigreturn',
    'getpid',
    'getppid',
    'getuid',
    'geteuid',
    'getgid',
  ],
  ...['getegid', 'getcwd', 'ioctl', 'dup2', 'dup3', 'futex', 'from_a_later_kernel'],
];

const profiles = {
  'no-directories.json': permitting(noDirectories),
  'kill.json': permitting({ names: ['sethostname'], action: 'SCMP_ACT_KILL_PROCESS' }),
  'modes.json': permitting(
    ...(['mkdir', 'mkdirat'] as const).map((name, index) => {
      const args = [{ index: 1 + index, value: 0o7, valueTwo: 0o5, op: 'SCMP_CMP_MASKED_EQ' }];
      return { ...noDirectories, names: [name], args };
    }),
  ),
  'shell.json': {
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }],
    syscalls: [
      { names: shellOnly, action: 'SCMP_ACT_ALLOW', args: null, includes: {}, excludes: {} },
      { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } },
    ],
  },
  'broken.json': { defaultAction: 'SCMP_ACT_FORBID' },
  'no-exec.json': { defaultAction: 'SCMP_ACT_ERRNO' },
};

async function scene(t: TestContext, isolation: string, flags: Flags = {}) {
  const directory = mkdtempSync(path.join(tmpdir(), 'seccomp-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(path.join(directory, 'below'));
  for (const [name, profile] of Object.entries(profiles))
    writeFileSync(path.join(directory, name), JSON.stringify(profile));
  writeFileSync(path.join(directory, 'below', 'none.json'), '{');
  return taskScene(t, `linux/seccomp${isolation}`, { seccomp_config_dir: directory, ...flags });
}

const seccomp = (info: LinuxInfo['seccomp'], more: LinuxInfo = {}): Pick<TaskInfo, 'container'> =>
  mesos({ linux_info: { ...more, ...(info && { seccomp: info }) } });

const byDefault = { seccomp_profile_name: 'no-directories.json' };
const show =
  "mkdir inside 2>&1; grep -E '^(Seccomp|NoNewPrivs|CapPrm|CapEff|CapAmb):' /proc/self/status | tr -d '\\t\\n'";

test('a filter is loaded for each user, and changes nothing else', need, async t => {
  const all = await scene(t, ',linux/capabilities', byDefault);
  const all0 = '0'.repeat(16);
  const root = await runTask(all, 'root', show);
  assert.match(root.output, isFull);
  assert.match(root.output, /CapPrm:0*[1-9a-f][0-9a-f]*CapEff:0*[1-9a-f].*NoNewPrivs:0Seccomp:2/);
  const nobody = { command: { value: show, user: 'nobody' } };
  const plain = await runTask(all, 'nobody', '', nobody);
  assert.match(plain.output, isFull);
  assert.match(plain.output, new RegExp(`CapPrm:${all0}CapEff:${all0}CapAmb:${all0}NoNewPrivs:0Seccomp:2`));
  const some = seccomp(undefined, { effective_capabilities: { capabilities: ['CHOWN'] } });
  const one = `${'0'.repeat(15)}1`;
  const capable = await runTask(all, 'capable', '', { ...nobody, ...some });
  assert.match(capable.output, isFull);
  assert.match(capable.output, new RegExp(`CapPrm:${one}CapEff:${one}CapAmb:${one}NoNewPrivs:0Seccomp:2`));
  const limited = await runTask(all, 'limited', show, some);
  assert.match(limited.output, new RegExp(`CapPrm:${one}CapEff:${one}CapAmb:${one}NoNewPrivs:0Seccomp:2`));
});

test('a filter is loaded in every surrounding: namespaces, no new privileges', need, async t => {
  const all = await scene(t, ',namespaces/pid,filesystem/linux,namespaces/ipc,linux/nnp,posix/rlimits', byDefault);
  for (const user of ['root', 'nobody']) {
    const { output } = await runTask(all, user, '', { command: { value: show, user } });
    assert.match(output, isFull);
    assert.match(output, /NoNewPrivs:1Seccomp:2/);
  }
  const twice = await runTask(all, 'looked-for', '', {
    command: { shell: false, value: 'mkdir', arguments: ['mkdir', 'a'] },
  });
  assert.equal(twice.status.message, 'Command exited with status 1');
  const missing = { command: { shell: false, value: 'no-such-program', arguments: ['x'] } };
  await runTask(all, 'missing', '', missing);
  const told = readFileSync(path.join(sandboxOf(all.cluster, 'missing'), 'stderr'), 'utf8');
  assert.match(told, /Failed to execute 'no-such-program': /);
});

test('what a profile says of system calls and their arguments is what happens', need, async t => {
  const all = await scene(t, ',linux/capabilities');
  const run = (id: string, profile: string, line: string, more: LinuxInfo = {}) =>
    runTask(all, id, line, seccomp({ profile_name: profile }, more));
  const killed = await run('killed', 'kill.json', 'hostname "$(hostname)"; echo no; exec hostname "$(hostname)"');
  assert.match(killed.output, /no/);
  assert.equal(killed.status.message, 'Command terminated with signal Bad system call');
  const modes = await run(
    'modes',
    'modes.json',
    'for mode in 0755 0750 0705 0777; do mkdir -m $mode $mode 2>/dev/null; done; ls',
  );
  assert.equal(modes.output, '0750\n0777\nstderr\nstdout\n');
  const line = `echo up; { echo >made; } 2>/dev/null && echo yes; (echo fork) 2>/dev/null; echo unreached`;
  const shell = await run('shell', 'shell.json', line);
  assert.equal(shell.output, 'up\nyes\n');
  // Nothing that makes a container of it is in the profile: its user changes before.
  const nobody = { command: { value: line, user: 'nobody' }, ...seccomp({ profile_name: 'shell.json' }) };
  assert.equal((await runTask(all, 'nobody', '', nobody)).output, 'up\nyes\n');
  // A rule is there for those who can have a capability.
  const make = 'exec mkdir made && exit';
  assert.equal((await run('admin', 'shell.json', make)).status.state, 'TASK_FINISHED');
  const bounding = { bounding_capabilities: { capabilities: ['CHOWN' as const] } };
  assert.equal((await run('no-admin', 'shell.json', make, bounding)).status.state, 'TASK_FAILED');
});

test('a task chooses its profile, or none; a mistake is named', need, async t => {
  const all = await scene(t, '', byDefault);
  const make = 'mkdir made';
  assert.equal((await runTask(all, 'none', make, seccomp({ unconfined: true }))).status.state, 'TASK_FINISHED');
  assert.equal((await runTask(all, 'own', make, seccomp({ profile_name: 'kill.json' }))).status.state, 'TASK_FINISHED');
  assert.equal((await runTask(all, 'default', make)).status.state, 'TASK_FAILED');
  const mistakes: readonly [LinuxInfo['seccomp'], RegExp][] = [
    [{ unconfined: true, profile_name: 'kill.json' }, /Invalid Seccomp configuration: 'profile_name' is given, and/],
    [{}, /Missing Seccomp profile name: set 'profile_name'/],
    [{ unconfined: false }, /Missing Seccomp profile name/],
    [
      { profile_name: 'missing.json' },
      /Failed to read Seccomp profile '.*\/missing.json': no such file or directory \(ENOENT\)/,
    ],
    [{ profile_name: 'below' }, /Failed to read Seccomp profile '.*\/below': .*is a directory, not a regular file/],
    [
      { profile_name: 'below/none.json' },
      /Failed to parse Seccomp profile '.*\/none.json': it is no JSON: syntax error/,
    ],
    [{ profile_name: '../x' }, /Seccomp profile '..\/x': the name must be that of a file in --seccomp_config_dir/],
    [{ profile_name: '/etc/x' }, /Seccomp profile '\/etc\/x': the name must be/],
    [
      { profile_name: 'broken.json' },
      /broken.json': 'defaultAction' of the profile is 'SCMP_ACT_FORBID': it must be one of/,
    ],
    [{ profile_name: 'no-exec.json' }, /Seccomp profile 'no-exec.json': the profile does not permit execve/],
  ];
  for (const [index, [info, message]] of mistakes.entries()) {
    const { status } = await runTask(all, `mistake-${index}`, 'true', seccomp(info));
    assert.match(status.message ?? '', message);
    assert.deepEqual([status.state, status.reason], ['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED']);
  }
});

test("checks have their task's filter, of the next agent, too", need, async t => {
  const all = await scene(t, ',namespaces/pid', byDefault);
  const { framework, cluster } = all;
  const isFiltered = "grep -q '^Seccomp:.*2' /proc/self/status && ! mkdir by-check && test ! -e sick";
  const check = (id: string, value: string, more: Partial<TaskInfo> = {}) =>
    shellTask(id, 'sleep 1000', {
      ...more,
      health_check: {
        type: 'COMMAND',
        command: { value },
        ...{ delay_seconds: 0, interval_seconds: 0.1, grace_period_seconds: 0, consecutive_failures: 10_000 },
      },
    });
  const isFree = "grep -q '^Seccomp:.*0' /proc/self/status";
  await framework.run(check('filtered', isFiltered), check('free', isFree, seccomp({ unconfined: true })));
  const healths = (id: string) => framework.statusesOf(id).map(({ healthy }) => healthy);
  await eventually('health', () => ['filtered', 'free'].every(id => healths(id).includes(true)));
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  const sick = path.join(sandboxOf(cluster, 'filtered'), 'sick');
  writeFileSync(sick, '');
  await eventually('sickness', () => healths('filtered').at(-1) === false);
  rmSync(sick);
  await eventually('health again', () => healths('filtered').at(-1) === true);
  assert.ok(healths('free').every(each => each !== false));
  for (const id of ['filtered', 'free']) {
    await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
    await framework.end(id);
  }
  const kept = path.join(cluster.directory, 'agent-1-run/seccomp');
  await eventually('no stored filter', () => readdirSync(kept).length === 0);
});

for (const [name, flags, message] of [
  [
    'without --seccomp_config_dir',
    { seccomp_config_dir: false },
    /The isolator linux\/seccomp needs --seccomp_config_dir/,
  ],
  ['with a profile that is missing', { seccomp_profile_name: 'x.json' }, /Failed to read Seccomp profile '.*\/x.json'/],
  ['with a profile that is wrong', { seccomp_profile_name: 'broken.json' }, /SCMP_ACT_FORBID/],
  ['with a profile that permits nothing', { seccomp_profile_name: 'no-exec.json' }, /does not permit execve/],
] as const) {
  test(`an agent does not start ${name}`, need, async t => {
    const { seccomp_config_dir, ...more } = flags as Flags;
    const started = seccomp_config_dir === false ? taskScene(t, 'linux/seccomp') : scene(t, '', more);
    await assert.rejects(started, { message });
  });
}
