/** A hostile container of a pod tries what would harm the others, beyond what the pod shares. None of it succeeds. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerConfig, ContainerInfo } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { forever } from '../testing/containerizer-bench.ts';
import { busybox, linux, ofParent, PodBench, rootfsOf, scalar } from '../testing/pod-bench.ts';

const root = needs.root('the linux launcher makes cgroups and namespaces');
const inImages = all(root, needs.package('busybox-static', busybox));
const isolation = [
  ...['filesystem/linux', 'namespaces/pid', 'namespaces/ipc', 'linux/capabilities', 'linux/nnp'],
  ...['cgroups/cpu', 'cgroups/mem', 'cgroups/devices'],
].join();
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL', 'MKNOD', 'SYS_CHROOT'] as const;

const open = (t: TestContext) =>
  PodBench.open(t, isolation, {
    bounding_capabilities: { capabilities: [...capabilities] },
    default_container_shm_size: 64 << 20,
  });

/** Starts a container that has something to lose. @returns its pid, and its secret. */
async function victim(bench: PodBench, pod: Awaited<ReturnType<PodBench['pod']>>, user: string) {
  const id = await bench.task(pod, 'victim', `umask 077; echo secret >secret; echo up; ${forever}`, undefined, {
    user,
  });
  await bench.says(id, 'up');
  return { id, pid: bench.containerizer.pid(id) ?? assert.fail(), secret: join(bench.sandbox(id), 'secret') };
}

/** Runs attacks, shell lines that end with status 0 when they succeed. @returns the names of those that do. */
async function succeeding(
  bench: PodBench,
  pod: Awaited<ReturnType<PodBench['pod']>>,
  attacks: Readonly<Record<string, string>>,
  info: ContainerInfo | undefined,
  more: Partial<ContainerConfig>,
): Promise<string[]> {
  const tries = Object.entries(attacks).map(([name, line]) => `(${line}) >>tries 2>&1 && echo '${name}'`);
  const lines = ['cd "$MESOS_SANDBOX"', ...tries, 'echo done'].join('\n');
  const output = (await bench.run(pod, 'attacker', lines, info, more)).trim().split('\n');
  assert.equal(output.pop(), 'done');
  return output;
}

/** What one that has its own pid namespace may try. */
const apart = (pid: number, secret: string) => ({
  'signals a process of the pod': `for p in 1 2 3 4 5 6 7 8 9 ${pid}; do [ -e /proc/$p ] || ! kill -0 $p || exit 0; done; exit 1`,
  'sees processes of the pod': 'cat /proc/[0-9]*/comm | grep -e pause -e sleep',
  'reads the sandbox of another container': `cat ${secret}`,
  'writes the sandbox of another container': `echo bad >>${secret}`,
  'enters the namespaces of its parent': 'nsenter --target 1 --mount --pid true',
  'leaves its cgroup': 'for f in /sys/fs/cgroup/*/cgroup.procs; do echo $$ >$f && exit 0; done; exit 1',
  'mounts a file system': 'mount -t tmpfs x /mnt',
});

test('as root in a root file system of its own', inImages, async t => {
  const bench = await open(t);
  const pod = await bench.pod('pod');
  const { id, pid, secret } = await victim(bench, pod, 'root');
  const attacks = { ...apart(pid, secret), 'sees the sandbox of the pod': `ls ${bench.sandbox(pod)}` };
  assert.deepEqual(await succeeding(bench, pod, attacks, undefined, rootfsOf(bench, 'image')), []);
  assert.ok(await bench.containerizer.usage(id));
});

test('as an ordinary user in the files of the machine', root, async t => {
  const bench = await open(t);
  const pod = await bench.pod('pod');
  const { id, pid, secret } = await victim(bench, pod, 'root');
  assert.deepEqual(await succeeding(bench, pod, apart(pid, secret), undefined, { user: 'nobody' }), []);
  assert.ok(await bench.containerizer.usage(id));
});

test('in the pid namespace of the pod: it looks into what is being set up, and finds nothing', inImages, async t => {
  const bench = await open(t);
  writeFileSync(join(bench.directory, 'machine'), 'secret');
  const pod = await bench.pod('pod');
  const shares = linux({ share_pid_namespace: true });
  const file = join(bench.directory, 'machine').slice(1);
  const look = `for p in /proc/[0-9]*; do
      case $p in /proc/$$|/proc/self) continue;; esac
      cat $p/root/${file} $p/cwd/../../../machine 2>/dev/null && echo FOUND file
      cat $p/environ 2>/dev/null | grep -q PASSWORD && echo FOUND environment
      ls -l $p/fd/ 2>/dev/null | grep -q launcher/ && echo FOUND descriptors
    done`;
  const attacker = await bench.task(
    pod,
    'attacker',
    `echo up; while :; do ${look}; done`,
    shares,
    rootfsOf(bench, 'image'),
  );
  await bench.says(attacker, 'up');
  const variables = [{ name: 'PASSWORD', value: 'secret' }];
  const command_info = { value: 'umask 077; touch ran; sleep 0.05', environment: { variables } };
  for (const name of ['one', 'two', 'three']) {
    const own = await bench.task(pod, name, '', undefined, { command_info, user: 'daemon' });
    await bench.containerizer.wait(own);
    await bench.run(pod, `${name}-shares`, '', shares, { command_info, user: 'daemon' });
  }
  assert.equal(bench.output(attacker), 'up\n');
});

test('what fills memory through the pod ends the pod, and nothing else', root, async t => {
  const bench = await open(t);
  const [pod, other] = [await bench.pod('pod'), await bench.pod('other')];
  const alone = await bench.task(other, 'alone', forever);
  await bench.task(pod, 'fills', "perl -e 'vec($kept, 300 << 20, 8) = 1; sleep 1000' & wait", undefined, {
    user: 'nobody',
  });
  const { limitation } = (await bench.containerizer.wait(pod)) ?? {};
  assert.equal(limitation?.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
  assert.ok(await bench.containerizer.usage(alone));
});

test('limits of its own are no way out of those of the pod', root, async t => {
  const bench = await open(t);
  const pod = await bench.pod('pod', undefined, { resources: [scalar('cpus', 0.1), scalar('mem', 64)] });
  const more = { resources: [scalar('cpus', 0.1), scalar('mem', 1024)] };
  await bench.task(
    pod,
    'fills',
    "perl -e 'vec($kept, 300 << 20, 8) = 1; sleep 1000' & wait",
    linux({ share_cgroups: false }),
    more,
  );
  assert.equal((await bench.containerizer.wait(pod))?.limitation?.reason, 'REASON_CONTAINER_LIMITATION_MEMORY');
});

test('a volume of the pod is no way to the sandboxes in it, nor to the files of the machine', root, async t => {
  const bench = await open(t);
  const pod = await bench.pod('pod');
  const { secret } = await victim(bench, pod, 'root');
  const volumes = (path: string) => linux({}, { volumes: [ofParent('in', path)] });
  await bench.run(pod, 'links', `ln -s / in/root; ln -s ${secret} in/file`, volumes('shared'));
  for (const [name, path] of [
    ['root', 'shared/root/etc'],
    ['file', 'shared/file'],
  ] as const) {
    const line = 'cat in in/passwd 2>/dev/null; echo done';
    const output = await bench
      .run(pod, name, line, volumes(path), { user: 'nobody' })
      .catch((error: Error) => error.message);
    assert.doesNotMatch(output, /secret|root:/);
  }
  assert.ok(!existsSync('/etc/in'));
  await eventually(
    'the others to be there',
    async () => (await bench.containerizer.usage(bench.id('victim', pod))) !== undefined,
  );
});
