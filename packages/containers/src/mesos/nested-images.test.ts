/** Nested containers with root file systems of their own. */
import assert from 'node:assert/strict';
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { all, needs } from '@meseta/system/testing';
import { forever } from '../testing/containerizer-bench.ts';
import { busybox, linux, ofParent, PodBench, rootfsOf } from '../testing/pod-bench.ts';

const need = all(needs.root('root file systems are changed'), needs.package('busybox-static', busybox));
const isolation = 'filesystem/linux,namespaces/pid,namespaces/ipc';

test('each container of a pod has its own root, and shares what the pod shares', need, async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const [one, two] = [rootfsOf(bench, 'one'), rootfsOf(bench, 'two')];
  const volumes = { volumes: [ofParent('/data', 'shared'), ofParent('in', 'shared')] };
  const line =
    'echo "$MESOS_SANDBOX"; ls -A / | tr "\\n" " "; echo hello >/data/file; cat in/file; ls -A /proc | head -3 | tr "\\n" " "';
  const output = await bench.run(pod, 'one', line, linux({}, volumes), one);
  assert.match(output, /^\/mnt\/mesos\/sandbox\nbin data dev etc mnt proc sys hello\n1 2 /);
  assert.equal(await bench.run(pod, 'two', 'cat /data/file', linux({}, volumes), two), 'hello\n');
  // Memory: its own, unless it asks for that of the pod.
  await bench.run(pod, 'writer', 'echo shared >/dev/shm/file');
  assert.match(await bench.run(pod, 'own', 'cat /dev/shm/file', linux({}), rootfsOf(bench, 'three')), /can't open/);
  const shares = linux({ ipc_mode: 'SHARE_PARENT' });
  assert.equal(await bench.run(pod, 'shares', 'cat /dev/shm/file', shares, rootfsOf(bench, 'four')), 'shared\n');
  // Processes of the pod, without the machine's files.
  const list = 'for each in /proc/[0-9]*; do tr "\\0" " " <$each/cmdline; echo; done; ls /proc/1/root/root 2>&1';
  const seen = await bench.run(pod, 'seen', list, linux({ share_pid_namespace: true }), rootfsOf(bench, 'five'));
  assert.match(seen, /meseta-pause/);
  assert.match(
    await bench.run(pod, 'files', 'cat /etc/resolv.conf /etc/hosts | wc -l', undefined, rootfsOf(bench, 'six')),
    /^\d+\n$/,
  );
});

test(
  'what is nested in a container with a root file system finds the sandbox where that one sees it',
  need,
  async t => {
    const bench = await PodBench.open(t, isolation);
    const pod = await bench.pod('pod', undefined, rootfsOf(bench, 'root'));
    mkdirSync(join(bench.sandbox(pod), 'shared'));
    writeFileSync(join(bench.sandbox(pod), 'shared/file'), 'hello\n');
    const volumes = linux({}, { volumes: [ofParent('in', 'shared')] });
    const task = await bench.task(pod, 'task', `cat in/file; ${forever}`, volumes);
    await bench.says(task, 'hello\n');
    assert.equal(
      await bench.run(pod, 'other', 'cat in/file; pwd', volumes, rootfsOf(bench, 'two')),
      'hello\n/mnt/mesos/sandbox\n',
    );
    const debug = { container_class: 'DEBUG' as const };
    const mounts = readlinkSync(`/proc/${bench.containerizer.pid(task)}/ns/mnt`);
    assert.equal(await bench.run(task, 'debug', 'readlink /proc/self/ns/mnt', undefined, debug), `${mounts}\n`);
  },
);
