/** Tasks in namespaces of their own: what they see, what they can do to the machine, and what is left of them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { ContainerInfo } from '@meseta/protocol';
import { eventually, needs } from '@meseta/system/testing';
import { CgroupsRoot } from './support/cgroups.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { processesOf } from './support/processes.ts';
import { mesos, outputOf, runTask, sandboxOf, taskScene } from './support/task-scene.ts';

const need = needs.root('the linux launcher makes cgroups and namespaces');

const kill = (framework: Framework, id: string) => framework.call({ type: 'KILL', kill: { task_id: { value: id } } });

test('a task with a pid namespace sees and reaches only its own processes', need, async t => {
  const scene = await taskScene(t, 'namespaces/pid');
  const { cluster } = scene;
  const script = `
    ls /proc | grep -c '^[0-9]'
    kill -9 ${cluster.agent.pid} 2>&1 || echo cannot
    echo $$
    for signal in TERM INT HUP QUIT KILL STOP; do kill -$signal 1; done
    ls -l /proc/1/fd 2>/dev/null | grep -c -e run -e work
    echo alive`;
  const { output, status } = await runTask(scene, 'hostile', script);
  assert.equal(status.state, 'TASK_FINISHED');
  const lines = output.trim().split('\n');
  assert.ok(Number(lines[0]) <= 5, output);
  assert.match(output, /\ncannot\n2\n0\nalive\n$/);
  assert.ok(cluster.agent.running);
});

test('every process ends with the task, whatever it did to get away', need, async t => {
  const scene = await taskScene(t, 'namespaces/pid');
  const { cluster, framework, cgroups } = scene;
  const script = `(setsid env -i sh -c 'trap "" TERM HUP; while :; do sleep 1000; done' &)
    (setsid sh -c 'setsid sleep 1000 & exit' &)
    echo up; while :; do sleep 1000; done`;
  await framework.run(shellTask('forks', script));
  await eventually(
    'its start',
    () => existsSync(path.join(sandboxOf(cluster, 'forks'), 'stdout')) && outputOf(cluster, 'forks') === 'up\n',
  );
  await kill(framework, 'forks');
  assert.equal((await framework.end('forks')).state, 'TASK_KILLED');
  await eventually('no cgroup of it', () => cgroups.left().length === 0);
  const left = processesOf(cluster.directory).filter(({ command }) => /sleep|meseta-init/.test(command));
  assert.deepEqual(left, []);
});

test('exit statuses come through the init exactly, and SIGTERM reaches the task', need, async t => {
  const scene = await taskScene(t, 'namespaces/pid');
  const ends = [
    ['exit-143', 'exit 143', 'Command exited with status 143'],
    ['killed', 'kill -9 $$', 'Command terminated with signal Killed'],
    ['busy', 'sleep 1000 & exit 5', 'Command exited with status 5'],
  ] as const;
  for (const [id, line, message] of ends) assert.equal((await runTask(scene, id, line)).status.message, message);
  const { framework, cluster } = scene;
  await framework.run(shellTask('trap', 'trap "echo got TERM; exit 0" TERM; echo up; while :; do sleep 0.1; done'));
  await eventually(
    'its trap',
    () => existsSync(path.join(sandboxOf(cluster, 'trap'), 'stdout')) && outputOf(cluster, 'trap') === 'up\n',
  );
  await kill(framework, 'trap');
  await framework.end('trap');
  assert.equal(outputOf(cluster, 'trap'), 'up\ngot TERM\n');
});

test('an agent that was killed takes isolated tasks over, and the next kill ends them', need, async t => {
  const scene = await taskScene(t, 'filesystem/linux,namespaces/pid');
  const { cluster, framework, cgroups } = scene;
  await framework.run(
    shellTask('long', 'echo $$; until [ -e go ]; do sleep 0.05; done; ls -d /proc/[0-9]* | wc -l; exit 6'),
  );
  await framework.run(shellTask('killed', 'while :; do sleep 1000; done'));
  await framework.reaches('long', 'TASK_RUNNING');
  await framework.reaches('killed', 'TASK_RUNNING');
  await cluster.agent.kill();
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await kill(framework, 'killed');
  assert.equal((await framework.end('killed')).state, 'TASK_KILLED');
  writeFileSync(path.join(sandboxOf(cluster, 'long'), 'go'), '');
  assert.equal((await framework.end('long')).message, 'Command exited with status 6');
  await eventually('no cgroup', () => cgroups.left().length === 0);
});

test('isolated tasks go on when the runtime directory was removed', need, async t => {
  const scene = await taskScene(t, 'filesystem/linux,namespaces/pid');
  const { cluster, framework, cgroups } = scene;
  await framework.run(shellTask('long', 'until [ -e go ]; do sleep 0.05; done; exit 6'));
  await framework.reaches('long', 'TASK_RUNNING');
  await cluster.agent.kill();
  rmSync(path.join(cluster.directory, 'agent-1-run'), { recursive: true });
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  writeFileSync(path.join(sandboxOf(cluster, 'long'), 'go'), '');
  assert.equal((await framework.end('long')).message, 'Command exited with status 6');
  await eventually('no cgroup', () => cgroups.left().length === 0);
});

test('an agent with another --cgroups_root knows the cgroups of its containers, and removes them', need, async t => {
  const scene = await taskScene(t, 'namespaces/pid,cgroups/mem');
  const { cluster, framework, cgroups } = scene;
  await framework.run(shellTask('small', 'setsid sleep 1000 & while :; do sleep 1000; done'));
  await framework.reaches('small', 'TASK_RUNNING');
  await cluster.agent.kill();
  const other = new CgroupsRoot(t);
  await cluster.agent.start({ cgroups_root: other.name });
  await cluster.registered(cluster.agent);
  await eventually('its statistics', async () => {
    type Containers = { statistics?: { mem_limit_bytes?: number } }[];
    const answer = await fetch(`${cluster.agent.origin}/containers`);
    return Number(((await answer.json()) as Containers)[0]?.statistics?.mem_limit_bytes) > 0;
  });
  assert.deepEqual(other.left(), []);
  await kill(framework, 'small');
  assert.equal((await framework.end('small')).state, 'TASK_KILLED');
  await eventually('no cgroup, and no root either', () => cgroups.roots().length === 0);
  await runTask({ cluster, framework, cgroups: other }, 'next', 'true');
  await eventually('no cgroup', () => other.left().length === 0);
});

test('a private /tmp, and the rest of the machine read-only', need, async t => {
  const outside = path.join('/tmp', `meseta-outside-${process.pid}`);
  writeFileSync(outside, '');
  t.after(() => execFileSync('rm', ['-f', outside]));
  const scene = await taskScene(t, 'filesystem/shared,namespaces/pid');
  const volumes: ContainerInfo['volumes'] = [
    { host_path: 'tmp', container_path: '/tmp', mode: 'RW' },
    { host_path: '/etc', container_path: '/mnt', mode: 'RO' },
  ];
  const script = `stat -c %a /tmp; ls -A /tmp; touch /tmp/mine && ls /tmp; touch /mnt/x 2>&1; mount -o remount,rw /mnt 2>&1; pwd -P; touch here && echo written`;
  const { output } = await runTask(scene, 'private', script, mesos({ volumes }));
  assert.match(output, /^1777\nmine\ntouch: cannot touch '\/mnt\/x': Read-only file system\n/);
  assert.match(output, /written\n$/);
  assert.ok(existsSync(path.join(sandboxOf(scene.cluster, 'private'), 'tmp/mine')));
  assert.ok(existsSync(outside));
});

test('volumes: where they are, who owns them, and read-only down to what is mounted below', need, async t => {
  const data = mkdtempSync(path.join(tmpdir(), 'data-'));
  mkdirSync(path.join(data, 'below'));
  execFileSync('mount', ['-t', 'tmpfs', 'below', path.join(data, 'below')]);
  t.after(() => {
    execFileSync('umount', [path.join(data, 'below')]);
    rmSync(data, { recursive: true });
  });
  const scene = await taskScene(t, 'filesystem/linux');
  const { cluster } = scene;
  const volumes: ContainerInfo['volumes'] = [
    { host_path: data, container_path: 'data', mode: 'RO' },
    { source: { type: 'HOST_PATH', host_path: { path: '/etc/hostname' } }, container_path: 'a/name', mode: 'RO' },
    { host_path: 'own', container_path: 'seen', mode: 'RW' },
  ];
  const script = 'touch data/x 2>&1; touch data/below/x 2>&1; cat a/name; touch seen/f; ls own seen';
  const { output } = await runTask(scene, 'volumes', script, mesos({ volumes }));
  assert.match(output, /^touch: .*data\/x': Read-only file system\ntouch: .*below\/x': Read-only file system\n/);
  assert.ok(output.includes(readFileSync('/etc/hostname', 'utf8')));
  assert.match(output, /own:\nf\n\nseen:\nf\n$/);
  assert.deepEqual(readdirSync(path.join(data, 'below')), []);
  assert.equal(statSync(path.join(sandboxOf(cluster, 'volumes'), 'own')).mode & 0o777, 0o755);
  assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(`${cluster.directory}/agent`));
});

test('volumes are mounted for the container only, also without filesystem/linux', need, async t => {
  const data = mkdtempSync(path.join(tmpdir(), 'data-'));
  t.after(() => rmSync(data, { recursive: true }));
  writeFileSync(path.join(data, 'file'), 'of the machine\n');
  const scene = await taskScene(t, 'volume/host_path,volume/sandbox_path');
  const volumes: ContainerInfo['volumes'] = [
    { host_path: data, container_path: 'data', mode: 'RO' },
    { host_path: 'own', container_path: 'seen', mode: 'RW' },
  ];
  const machine = readlinkSync('/proc/self/ns/mnt');
  const script = 'cat data/file; touch seen/f; ls own; readlink /proc/self/ns/mnt';
  const { output } = await runTask(scene, 'volumes', script, mesos({ volumes }));
  const [file, own, namespace] = output.split('\n');
  assert.deepEqual([file, own], ['of the machine', 'f']);
  assert.notEqual(namespace, machine);
  assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(`${scene.cluster.directory}/agent`));
});

test('no link in a sandbox leads a volume out of it', need, async t => {
  const scene = await taskScene(t, 'filesystem/linux');
  const { cluster } = scene;
  const [target, archive] = ['target', 'links'].map(name => path.join(cluster.directory, name)) as [string, string];
  mkdirSync(target);
  mkdirSync(archive);
  symlinkSync(target, path.join(archive, 'away'));
  symlinkSync('../../../../../../../../../../..', path.join(archive, 'up'));
  const tar = path.join(cluster.directory, 'links.tar');
  execFileSync('tar', ['-C', archive, '-cf', tar, '.']);
  for (const [id, container_path] of Object.entries({ away: 'away/made', up: `up${target}/made` })) {
    const volumes: ContainerInfo['volumes'] = [{ host_path: '/etc', container_path, mode: 'RO' }];
    await runTask(scene, id, '', {
      command: { value: 'true', uris: [{ value: tar }] },
      ...mesos({ volumes }),
    });
  }
  assert.deepEqual(readdirSync(target), []);
});

const refusals: Record<string, [volume: NonNullable<ContainerInfo['volumes']>[number], message: RegExp]> = {
  'a host path that is missing': [
    { host_path: '/no/such', container_path: 'x', mode: 'RO' },
    /volume at 'x': the host path '\/no\/such' does not exist on the agent/,
  ],
  'a container path that is missing': [
    { host_path: '/etc', container_path: '/no/such', mode: 'RO' },
    /volume at '\/no\/such': the container path must exist/,
  ],
  'a container path out of the sandbox': [
    { host_path: '/etc', container_path: '../x', mode: 'RO' },
    /must not contain '\.\.'/,
  ],
  'the root as container path': [{ host_path: '/etc', container_path: '//', mode: 'RO' }, /must name a place/],
  'the sandbox as container path': [{ host_path: '/etc', container_path: './', mode: 'RO' }, /must name a place/],
  'no container path': [{ host_path: '/etc', container_path: '', mode: 'RO' }, /must name a place/],
  'a directory in the place of a file': [
    { host_path: '/etc', container_path: '/etc/hostname', mode: 'RO' },
    /Failed to mount '\/etc' at '\/etc\/hostname': ENOTDIR/,
  ],
  'a file in the place of a directory': [
    { host_path: '/etc/hostname', container_path: '/etc', mode: 'RO' },
    /Failed to mount '\/etc\/hostname' at '\/etc': ENOTDIR/,
  ],
  'a long name': [
    { host_path: '/etc', container_path: 'x'.repeat(300), mode: 'RO' },
    /Failed to mount '\/etc' at 'x+': ENAMETOOLONG/,
  ],
  'a file on the way': [
    { host_path: '/etc', container_path: 'stdout/below', mode: 'RO' },
    /Failed to mount '\/etc' at 'stdout\/below': ENOTDIR/,
  ],
  'a sandbox path out of the sandbox': [
    { host_path: '../../x', container_path: 'x', mode: 'RO' },
    /'\.\.\/\.\.\/x' must name a directory in the sandbox/,
  ],
};
test('volumes that cannot be mounted are named', need, async t => {
  const scene = await taskScene(t, 'filesystem/linux');
  for (const [index, [name, [volume, message]]] of Object.entries(refusals).entries()) {
    const { status } = await runTask(scene, `refused-${index}`, 'true', mesos({ volumes: [volume] }));
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED', name);
    assert.match(status.message ?? '', message, name);
  }
  const networks = mesos({ network_infos: [{ name: 'none' }] });
  const { status } = await runTask(scene, 'networks', 'true', networks);
  assert.match(status.message ?? '', /Unknown CNI network 'none': the agent has no networks/);
});

test('health checks run inside the namespaces of their task', need, async t => {
  const scene = await taskScene(t, 'filesystem/linux,namespaces/pid');
  const { framework, cluster } = scene;
  const volumes: ContainerInfo['volumes'] = [{ host_path: 'tmp', container_path: '/tmp', mode: 'RW' }];
  const value = 'test -e /tmp/inside && test "$(cat /proc/1/comm)" = meseta-init && (sleep 1000 &)';
  await framework.run(
    shellTask('checked', 'touch /tmp/inside; while :; do sleep 1000; done', {
      ...mesos({ volumes }),
      health_check: { type: 'COMMAND', command: { value }, delay_seconds: 0, interval_seconds: 0.2 },
    }),
  );
  await eventually('health', () => framework.updates.some(({ healthy }) => healthy));
  await kill(framework, 'checked');
  await framework.end('checked');
  await eventually(
    'no process left',
    () => !processesOf(cluster.directory).some(({ command }) => /sleep/.test(command)),
  );
});

test('limits and privileges: what a task asks for, it gets', need, async t => {
  const scene = await taskScene(t, 'posix/rlimits,linux/capabilities,linux/nnp', {
    bounding_capabilities: '{"capabilities": ["NET_RAW", "CHOWN", "KILL"]}',
  });
  const limits = mesos({
    rlimit_info: { rlimits: [{ type: 'RLMT_NOFILE', soft: 77, hard: 88 }, { type: 'RLMT_CORE' }] },
    linux_info: { effective_capabilities: { capabilities: ['NET_RAW', 'CHOWN'] } },
  });
  const show = "ulimit -Sn; ulimit -Hn; ulimit -c; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status";
  const expected = '77\n88\nunlimited\nCapEff:\t0000000000002001\nCapBnd:\t0000000000002021\nNoNewPrivs:\t1\n';
  assert.equal((await runTask(scene, 'root', show, limits)).output, expected);
  const command = { value: show, user: 'nobody' };
  assert.equal((await runTask(scene, 'nobody', '', { ...limits, command })).output, expected);
  const refused = {
    above: [{ type: 'RLMT_CORE', soft: 10, hard: 5 }, /RLMT_CORE: the soft value 10 is above the hard one, 5/],
    much: [{ type: 'RLMT_NOFILE' }, /Failed to set resource limit RLMT_NOFILE to \d+:\d+: EPERM/],
  } as const;
  for (const [id, [limit, message]] of Object.entries(refused)) {
    const { status } = await runTask(scene, id, 'true', mesos({ rlimit_info: { rlimits: [limit] } }));
    assert.match(status.message ?? '', message);
  }
  const more = mesos({ linux_info: { effective_capabilities: { capabilities: ['SYS_ADMIN'] } } });
  const { status } = await runTask(scene, 'more', 'true', more);
  assert.match(status.message ?? '', /Effective capabilities are not among the bounding ones: SYS_ADMIN/);
});

test('a /dev/shm and IPC objects of its own', need, async t => {
  const scene = await taskScene(t, 'namespaces/ipc', { default_container_shm_size: '1MB' });
  const script =
    'df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2; ls /dev/shm | wc -l; ipcs -q | grep -c 0x; ipcmk -Q > /dev/null; ipcs -q | grep -c 0x';
  assert.equal((await runTask(scene, 'one', script)).output, '1024\n0\n0\n1\n');
  const larger = mesos({ linux_info: { shm_size: 3 } });
  assert.match((await runTask(scene, 'larger', script, larger)).output, /^3072\n/);
});
