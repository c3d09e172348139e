/** Nested containers with root file systems of their own. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { all, needs } from '@meseta/system/testing';
import { forever } from '../testing/containerizer-bench.ts';
import { linux, ofParent, PodBench } from '../testing/pod-bench.ts';

const busybox = '/bin/busybox';
const need = all(needs.root('root file systems are changed'), needs.package('busybox-static', busybox));
const isolation = 'filesystem/linux,namespaces/pid,namespaces/ipc';

/** Makes a root file system with the commands of busybox. */
function rootOf({ directory }: PodBench, name: string): { rootfs: string } {
  const rootfs = join(directory, name);
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  for (const command of ['sh', 'cat', 'ls', 'echo', 'sleep', 'readlink', 'head', 'touch', 'wc', 'pwd', 'tr']) {
    symlinkSync('busybox', join(rootfs, 'bin', command));
  }
  return { rootfs };
}

test('each container of a pod has its own root, and shares what the pod shares', need, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const [one, two] = [rootOf(bench, 'one'), rootOf(bench, 'two')];
  const volumes = { volumes: [ofParent('/data', 'shared'), ofParent('in', 'shared')] };
  const line =
    'echo "$MESOS_SANDBOX"; ls -A / | tr "\\n" " "; echo hello >/data/file; cat in/file; ls -A /proc | head -3 | tr "\\n" " "';
  const output = await bench.run(pod, 'one', line, linux({}, volumes), one);
  assert.match(output, /^\/mnt\/mesos\/sandbox\nbin data dev etc mnt proc sys hello\n1 2 /);
  assert.equal(await bench.run(pod, 'two', 'cat /data/file', linux({}, volumes), two), 'hello\n');
  // Memory: its own, unless it asks for that of the pod.
  await bench.run(pod, 'writer', 'echo shared >/dev/shm/file');
  assert.match(await bench.run(pod, 'own', 'cat /dev/shm/file', linux({}), rootOf(bench, 'three')), /can't open/);
  const shares = linux({ ipc_mode: 'SHARE_PARENT' });
  assert.equal(await bench.run(pod, 'shares', 'cat /dev/shm/file', shares, rootOf(bench, 'four')), 'shared\n');
  // Processes of the pod, without the machine's files.
  const list = 'for each in /proc/[0-9]*; do tr "\\0" " " <$each/cmdline; echo; done; ls /proc/1/root/root 2>&1';
  const seen = await bench.run(pod, 'seen', list, linux({ share_pid_namespace: true }), rootOf(bench, 'five'));
  assert.match(seen, /meseta-pause/);
  assert.match(
    await bench.run(pod, 'files', 'cat /etc/resolv.conf /etc/hosts | wc -l', undefined, rootOf(bench, 'six')),
    /^\d+\n$/,
  );
});

test(
  'what is nested in a container with a root file system finds the sandbox where that one sees it',
  need,
  async t => {
    const bench = await PodBench.open(t, isolation);
    const pod = await bench.pod('pod', undefined, rootOf(bench, 'root'));
    mkdirSync(join(bench.sandbox(pod), 'shared'));
    writeFileSync(join(bench.sandbox(pod), 'shared/file'), 'hello\n');
    const volumes = linux({}, { volumes: [ofParent('in', 'shared')] });
    const task = await bench.task(pod, 'task', `cat in/file; ${forever}`, volumes);
    await bench.says(task, 'hello\n');
    assert.equal(
      await bench.run(pod, 'other', 'cat in/file; pwd', volumes, rootOf(bench, 'two')),
      'hello\n/mnt/mesos/sandbox\n',
    );
    const debug = { container_class: 'DEBUG' as const };
    const mounts = readlinkSync(`/proc/${bench.containerizer.pid(task)}/ns/mnt`);
    assert.equal(await bench.run(task, 'debug', 'readlink /proc/self/ns/mnt', undefined, debug), `${mounts}\n`);
  },
);
