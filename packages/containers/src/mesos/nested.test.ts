/** Nested containers: what they share with their parent, and what they have of their own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import type { ContainerId } from '../container-id.ts';
import { forever } from '../testing/containerizer-bench.ts';
import { linux, ofParent, PodBench, scalar } from '../testing/pod-bench.ts';

const root = needs.root('the linux launcher makes cgroups and namespaces');
const isolation = 'filesystem/linux,namespaces/pid,namespaces/ipc';

/** Identifies the namespaces of a container. */
const namespacesOf = ({ containerizer }: PodBench, id: ContainerId) =>
  Object.fromEntries(
    ['pid', 'mnt', 'ipc', 'uts', 'net'].map(kind => [kind, readlinkSync(`/proc/${containerizer.pid(id)}/ns/${kind}`)]),
  );

/** Lists processes that a container sees. */
const list = 'for each in /proc/[0-9]*; do tr "\\0" " " <$each/cmdline; echo; done';

test('pid namespaces: below that of the parent, or that of the parent', root, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const own = await bench.task(pod, 'own', `echo $$; ${forever}`);
  await bench.says(own, '2\n');
  assert.notEqual(namespacesOf(bench, own).pid, namespacesOf(bench, pod).pid);
  const seen = await bench.run(pod, 'shares', list, linux({ share_pid_namespace: true }));
  assert.match(seen, /meseta-pause/);
  assert.match(seen, /sleep 1000/, 'processes of namespaces below');
  const alone = await bench.run(pod, 'alone', list);
  assert.match(alone, /meseta-init/);
  assert.doesNotMatch(alone, /meseta-pause|sleep 1000/);
  assert.ok(bench.containerizer.signalFirst(own, 15)); // not the init, which gets no signals
  assert.deepEqual(await bench.containerizer.wait(own), { exit: { kind: 'signaled', signal: 15, core: false } });
  // Two in one namespace see and reach each other; each ends for itself.
  const shares = linux({ share_pid_namespace: true });
  const [one, two] = [await bench.task(pod, 'one', forever, shares), await bench.task(pod, 'two', forever, shares)];
  for (const id of [one, two]) // both shells have their child
    await eventually('its child', async () => (await bench.containerizer.signal(id, 'SIGCONT')) === 2);
  const kill = 'tr "\\0" "\\n" <$each/environ | grep -q "ID=.*\\.one-" && kill -9 $(basename $each)';
  await bench.run(pod, 'killer', `for each in /proc/[0-9]*; do ${kill}; done 2>/dev/null`, shares);
  assert.deepEqual(await bench.containerizer.wait(one), { exit: { kind: 'signaled', signal: 9, core: false } });
  assert.equal(await bench.containerizer.signal(two, 'SIGTERM'), 2);
  assert.deepEqual(await bench.containerizer.wait(two), { exit: { kind: 'signaled', signal: 15, core: false } });
});

test(
  'a pod that shares the pid namespace of the agent: so do those of its containers that ask for it',
  root,
  async t => {
    const bench = await PodBench.open(t, isolation);
    const pod = await bench.pod('pod', linux({ share_pid_namespace: true }));
    const agent = readlinkSync('/proc/self/ns/pid');
    assert.equal(namespacesOf(bench, pod).pid, agent);
    const shares = await bench.task(pod, 'shares', forever, linux({ share_pid_namespace: true }));
    assert.equal(namespacesOf(bench, shares).pid, agent);
    assert.equal(await bench.run(pod, 'own', 'echo $$; readlink /proc/self/ns/pid | grep -c pid'), '2\n1\n');
    await bench.containerizer.close();
    await bench.start();
    const later = await bench.task(pod, 'later', forever, linux({ share_pid_namespace: true }));
    assert.equal(namespacesOf(bench, later).pid, agent);
  },
);

test('IPC: the objects and /dev/shm of the parent, or private ones', root, async t => {
  const bench = await PodBench.open(t, isolation, { default_container_shm_size: 8 << 20 });
  const pod = await bench.pod('pod');
  await bench.run(pod, 'writer', 'ipcmk -Q >/dev/null; echo hello >/dev/shm/file');
  const look = 'cat /dev/shm/file; ipcs -q | grep -c 0x; df -m /dev/shm | tail -1 | tr -s " " | cut -d" " -f2';
  assert.equal(await bench.run(pod, 'shares', look, linux({ ipc_mode: 'SHARE_PARENT' })), 'hello\n1\n8\n');
  assert.equal(await bench.run(pod, 'default', look), 'hello\n1\n8\n');
  const own = await bench.run(pod, 'own', look, linux({ ipc_mode: 'PRIVATE', shm_size: 3 }));
  assert.match(own, /No such file.*\n0\n3\n$/);
  assert.ok(!existsSync('/dev/shm/file'));
  const sized = bench.task(pod, 'sized', 'true', linux({ ipc_mode: 'SHARE_PARENT', shm_size: 3 }));
  await assert.rejects(sized, { message: /size of \/dev\/shm cannot be set/ });
});

test('volumes of the parent sandbox are shared, and nothing leads out of it', root, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const volumes = { volumes: [ofParent('in', 'shared/data'), ofParent('/mnt', 'shared/data', 'RO')] };
  const writer = 'echo hello >in/file; echo no >/mnt/file || echo read-only; ls -A "$MESOS_SANDBOX"';
  assert.match(await bench.run(pod, 'writer', writer, linux({}, volumes)), /read-only\nin\nstdout\n$/);
  assert.equal(readFileSync(join(bench.sandbox(pod), 'shared/data/file'), 'utf8'), 'hello\n');
  assert.equal(await bench.run(pod, 'reader', 'cat in/file', linux({}, volumes)), 'hello\n');
  // A link that a task made in the volume, or in the sandbox of the parent, is resolved there.
  mkdirSync(join(bench.directory, 'outside'));
  symlinkSync(join(bench.directory, 'outside'), join(bench.sandbox(pod), 'out'));
  const linked = { volumes: [ofParent('in', 'out/deep')] };
  await bench.run(pod, 'linked', 'touch in/file', linux({}, linked)).catch(() => 'refused');
  assert.ok(!existsSync(join(bench.directory, 'outside/deep')));
  // A file is shown as a file; what belongs to a user stays the user's.
  writeFileSync(join(bench.sandbox(pod), 'settings'), 'set\n');
  const file = { volumes: [ofParent('here/settings', 'settings')] };
  assert.equal(await bench.run(pod, 'file', 'cat here/settings', linux({}, file)), 'set\n');
});

test('a volume of the parent sandbox belongs to its owner; other users may be refused by its mode', root, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod', undefined, { user: 'nobody' });
  const volumes = { volumes: [ofParent('in', 'a/b')] };
  const user = { user: 'nobody' };
  assert.equal(await bench.run(pod, 'one', 'echo hello >in/file && cat in/file', linux({}, volumes), user), 'hello\n');
});

test(
  'persistent volumes of the pod appear through its sandbox, and so do those that are mounted later',
  root,
  async t => {
    const bench = await PodBench.open(t, isolation);
    const volume = (id: string, container_path: string) => ({
      ...scalar('disk', 8),
      reservations: [{ type: 'DYNAMIC' as const, role: 'r', principal: 'p' }],
      disk: { persistence: { id, principal: 'p' }, volume: { mode: 'RW' as const, container_path } },
    });
    for (const id of ['one', 'two']) {
      mkdirSync(join(bench.flags.work_dir, 'volumes/roles/r', id), { recursive: true });
      writeFileSync(join(bench.flags.work_dir, 'volumes/roles/r', id, 'file'), `of ${id}\n`);
    }
    const own = [scalar('cpus', 0.1), scalar('mem', 64)];
    const pod = await bench.pod('pod', undefined, { resources: [...own, volume('one', 'data')] });
    const read = (name: string, path: string) =>
      bench.run(pod, name, 'cat in/file', linux({}, { volumes: [ofParent('in', path)] }));
    assert.equal(await read('first', 'data'), 'of one\n');
    await bench.containerizer.mountVolumes(pod, [...own, volume('one', 'data'), volume('two', 'later')]);
    assert.equal(await read('second', 'later'), 'of two\n');
    // A nested container with a volume among its own resources has it, without the pod.
    const more = { resources: [...own, volume('two', 'mine')] };
    assert.equal(await bench.run(pod, 'direct', 'cat mine/file', undefined, more), 'of two\n');
  },
);

test('debug containers two levels deep are where their parent is', root, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const task = await bench.task(
    pod,
    'task',
    `cd /tmp; ${forever}`,
    linux({}, { volumes: [ofParent('in', 'shared')] }),
    { command_info: { value: `echo up; ${forever}`, environment: { variables: [{ name: 'MINE', value: 'kept' }] } } },
    { keepsEnvironment: true },
  );
  await bench.says(task, 'up');
  const line = 'echo $MINE; pwd; ls -d in; readlink /proc/self/ns/pid';
  const debug = { container_class: 'DEBUG' as const };
  const look = async () => (await bench.run(task, 'debug', line, undefined, debug)).trim().split('\n');
  const expected = ['kept', bench.sandbox(task), 'in', namespacesOf(bench, task).pid];
  assert.deepEqual(await look(), expected);
  // Another one in it, with the process that really runs the program, also after a take-over.
  const outer = await bench.task(task, 'outer', forever, undefined, debug);
  const { executor_pid } = await bench.containerizer.status(outer);
  assert.equal(namespacesOf(bench, outer).pid, namespacesOf(bench, task).pid);
  assert.match(readFileSync(`/proc/${executor_pid}/cmdline`, 'utf8'), /sleep 1000/);
  assert.equal((await bench.run(outer, 'inner', line, undefined, debug)).trim().split('\n').at(-1), expected.at(-1));
  await bench.containerizer.close();
  await bench.start();
  assert.equal(bench.containerizer.pid(outer), executor_pid);
  assert.ok(bench.containerizer.signalFirst(outer, 15));
  assert.deepEqual((await bench.containerizer.wait(outer))?.exit, { kind: 'signaled', signal: 15, core: false });
  assert.deepEqual(await look(), expected);
  // Of one whose environment was not stored, the next agent finds that of its program, not of its init.
  const variables = [{ name: 'MINE', value: 'of the program' }];
  const command_info = { value: `echo up; ${forever}`, environment: { variables } };
  const plain = await bench.task(pod, 'plain', '', undefined, { command_info });
  await bench.says(plain, 'up');
  await bench.containerizer.close();
  await bench.start();
  const shown = await bench.run(plain, 'debug', 'echo $MINE; pwd; env | grep -c NODE', undefined, debug);
  assert.equal(shown, `of the program\n${bench.sandbox(plain)}\n0\n`);
  await bench.containerizer.remove(pod);
  assert.deepEqual(bench.cgroups(), []);
});
