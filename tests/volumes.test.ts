/** Persistent volumes: what tasks see of them, whose they are, and that nothing leads out of them. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
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
import { fileURLToPath } from 'node:url';
import type { ContainerInfo, ExecutorInfo, TaskInfo } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import type { Flags } from './support/daemon.ts';
import { type TaskVolume, VolumeScene } from './support/persistent-volumes.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const need = needs.root('volumes are mounted in containers');
const isolation = 'filesystem/linux,namespaces/pid';
const forever = 'while :; do sleep 1000; done';

const end = async ({ framework }: VolumeScene, id: string) => {
  await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
  await framework.end(id);
};

test('a volume is mounted in the sandbox of a task, and outlives it', need, async t => {
  const s = await VolumeScene.start(t, { isolation });
  await s.create('v', 'w');
  const both = [
    { id: 'v', at: 'data' },
    { id: 'w', at: 'a/b' },
  ];
  const first = await s.run('first', both, 'echo kept >data/file; echo deep >a/b/file');
  assert.equal(first.status.state, 'TASK_FINISHED', first.status.message ?? '');
  assert.equal(readFileSync(path.join(s.directory('v'), 'file'), 'utf8'), 'kept\n');
  assert.deepEqual(readdirSync(path.join(s.sandbox('first'), 'data')), [], 'it is mounted in the container only');
  const readOnly = [{ id: 'v', at: './ro/', mode: 'RO' as const }];
  const second = await s.run('second', readOnly, 'cat ro/file; (echo x >ro/file) 2>/dev/null || echo read-only');
  assert.equal(second.output, 'kept\nread-only\n', second.status.message ?? '');
  // A volume of the sandbox shows the persistent one, as frameworks that know Mesos expect it.
  const volumes = [{ mode: 'RW' as const, host_path: 'kept', container_path: '/mnt' }];
  const third = await s.run('third', [{ id: 'w', at: 'kept' }], 'cat /mnt/file', {
    container: { type: 'MESOS', volumes },
  });
  assert.equal(third.output, 'deep\n', third.status.message ?? '');
});

test('a container path that cannot be one is named, and nothing runs', need, async t => {
  const s = await VolumeScene.start(t, { isolation });
  await s.create('v', 'w');
  const cases: readonly (readonly [id: string, volumes: readonly TaskVolume[], message: RegExp])[] = [
    [
      'up',
      [{ id: 'v', at: 'a/../../b' }],
      /the volume at 'a\/\.\.\/\.\.\/b': the container path must not contain '\.\.'/,
    ],
    ['empty', [{ id: 'v', at: './' }], /the volume at '\.\/': the container path must name a place/],
    ['missing', [{ id: 'v', at: '/no/such' }], /the volume at '\/no\/such': the container path must exist/],
    ['twice', ['v', 'w'].map(id => ({ id, at: 'data' })), /the volume at 'data': it is taken by the volume '.*\/v'/],
  ];
  for (const [id, volumes, message] of cases) {
    const { status, output } = await s.run(id, volumes, 'echo ran');
    assert.deepEqual([status.state, status.reason, output], ['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', '']);
    assert.match(status.message ?? '', message);
  }
});

for (const kind of [isolation, 'filesystem/posix']) {
  test(
    `a volume belongs to the user of the task; a shared one keeps its owner while it is used (${kind})`,
    need,
    async t => {
      const s = await VolumeScene.start(t, { isolation: kind });
      for (let at = s.cluster.directory; at !== '/'; at = path.dirname(at)) chmodSync(at, statSync(at).mode | 0o011);
      await s.create('own', { id: 'shared', shared: true });
      const as = (user: string, line: string): Partial<TaskInfo> => ({ command: { shell: true, value: line, user } });
      const line = 'echo x >data/$(id -un)';
      for (const user of ['daemon', 'nobody']) {
        const { status } = await s.run(user, [{ id: 'own', at: 'data' }], '', as(user, line));
        assert.equal(status.state, 'TASK_FINISHED', status.message ?? '');
      }
      assert.deepEqual(readdirSync(s.directory('own')).sort(), ['daemon', 'nobody']);
      await s.launch('first', [{ id: 'shared', at: 'data' }], as('daemon', `touch data/up; ${forever}`));
      await eventually('the first one', () => existsSync(path.join(s.directory('shared'), 'up')));
      const { uid } = statSync(s.directory('shared'));
      const second = await s.run('second', [{ id: 'shared', at: 'data' }], '', as('nobody', `ls data; ${line}`));
      assert.deepEqual([second.status.state, second.output], ['TASK_FAILED', 'up\n']);
      assert.equal(statSync(s.directory('shared')).uid, uid);
      await end(s, 'first');
      const third = await s.run('third', [{ id: 'shared', at: 'data' }], '', as('nobody', line));
      assert.equal(third.status.state, 'TASK_FINISHED', third.status.message ?? '');
    },
  );
}

const program = fileURLToPath(new URL('../packages/agent/src/testing/http-executor.ts', import.meta.url));
const executor = (id: string): ExecutorInfo => ({
  executor_id: { value: id },
  command: { shell: true, value: `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}'` },
});

/** Runs tasks of one executor. */
async function withExecutor(s: VolumeScene, id: string, container?: ContainerInfo) {
  const info = { ...executor(id), framework_id: s.framework.info.id!, ...(container && { container }) };
  const launch = (task: string, volumes: readonly TaskVolume[]) => s.launch(task, volumes, { executor: info });
  await launch(`${id}-first`, []);
  const { container_status } = await s.framework.reaches(`${id}-first`, 'TASK_RUNNING');
  const sandbox = s.sandbox(id);
  const pid = String(container_status?.executor_pid);
  /** What the executor sees at a path of its sandbox. */
  const seen = (at: string) => path.join(`/proc/${pid}/root`, container ? '/mnt/mesos/sandbox' : sandbox, at);
  /** Runs a program in the mount namespace of the executor, as root in it might. */
  const mountsOf = [`--mount=/proc/${pid}/ns/mnt`];
  const inside = (...argv: readonly [string, ...string[]]) => execFileSync('nsenter', [...mountsOf, ...argv]);
  return { launch, sandbox, seen, inside, mountsOf };
}

test('an executor gets the volumes of its tasks while it runs, and loses them with the tasks', need, async t => {
  const s = await VolumeScene.start(t, { isolation });
  await s.create('v', 'w', 'x');
  for (const id of ['v', 'w', 'x']) writeFileSync(path.join(s.directory(id), 'id'), id);
  const { launch, sandbox, seen, inside, mountsOf } = await withExecutor(s, 'e');
  await launch('one', [{ id: 'v', at: 'a/data' }]);
  await s.framework.reaches('one', 'TASK_RUNNING');
  assert.equal(readFileSync(seen('a/data/id'), 'utf8'), 'v');
  await launch('two', [{ id: 'w', at: 'other', mode: 'RO' }]);
  await s.framework.reaches('two', 'TASK_RUNNING');
  assert.throws(() => writeFileSync(seen('other/new'), ''), { code: 'EROFS' });
  // A process that works in it keeps what it has open, and hides nothing from others.
  const worker = spawn('nsenter', [...mountsOf, 'sh', '-c', `cd '${sandbox}/a/data' && echo up && exec sleep 1000`]);
  t.after(() => worker.kill('SIGKILL'));
  await once(worker.stdout, 'data');
  await end(s, 'one');
  await eventually('the end of its mount', () => !existsSync(seen('a/data')));
  assert.equal(readFileSync(`/proc/${worker.pid}/cwd/id`, 'utf8'), 'v');
  worker.kill('SIGKILL');
  assert.equal(readFileSync(seen('other/id'), 'utf8'), 'w');

  await launch('same', [{ id: 'v', at: 'other/' }]);
  const taken = await s.framework.end('same');
  assert.match(taken.message ?? '', /the volume at 'other': it is taken by the volume '.*\/w'/);

  const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
  t.after(() => rmSync(outside, { recursive: true }));
  symlinkSync(outside, path.join(sandbox, 'evil'));
  for (const at of ['evil', 'evil/below']) {
    await launch(at.replace('/', '-'), [{ id: 'x', at }]);
    const { message, reason } = await s.framework.end(at.replace('/', '-'));
    assert.equal(reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(message ?? '', /'evil' in its path is a link, which is not followed/);
  }
  assert.deepEqual(readdirSync(outside), []);
  mkdirSync(path.join(s.directory('w'), 'below'));
  inside('mount', '--types', 'tmpfs', 'of-the-executor', path.join(sandbox, 'other/below'));
  assert.ok(
    !readFileSync('/proc/self/mounts', 'utf8').includes('of-the-executor'),
    'it is not the mount of the machine',
  );

  await s.cluster.agent.kill();
  await s.cluster.agent.start();
  await s.cluster.registered(s.cluster.agent);
  await launch('three', [{ id: 'x', at: 'third' }]);
  await s.framework.reaches('three', 'TASK_RUNNING');
  assert.equal(readFileSync(seen('third/id'), 'utf8'), 'x');
  assert.equal(readFileSync(seen('other/id'), 'utf8'), 'w');
  await end(s, 'two');
  await eventually('the end of its mount', () => !existsSync(seen('other')));
  inside('mount', '--types', 'tmpfs', 'hides-it', sandbox);
  await launch('hidden', [{ id: 'v', at: 'data' }]);
  assert.match(
    (await s.framework.end('hidden')).message ?? '',
    /the volume at 'data': its sandbox is hidden in the container/,
  );
  assert.ok(
    !readFileSync('/proc/self/mounts', 'utf8').includes(s.cluster.directory),
    'nothing is mounted on the machine',
  );
  await s.framework.teardown();
  await eventually('the end of the executor', () => s.cgroups.left().length === 0);
  assert.deepEqual(readdirSync(s.directory('x')), ['id']);
});

test('without filesystem/linux a volume is a link, which goes with the task', async t => {
  const s = await VolumeScene.start(t);
  await s.create('v', 'w');
  const first = await s.run('first', [{ id: 'v', at: 'a/data' }], 'echo kept >a/data/file');
  assert.equal(first.status.state, 'TASK_FINISHED', first.status.message ?? '');
  assert.equal(readlinkSync(path.join(s.sandbox('first'), 'a/data')), s.directory('v'));
  assert.equal(readFileSync(path.join(s.directory('v'), 'file'), 'utf8'), 'kept\n');
  const { launch, sandbox } = await withExecutor(s, 'e');
  await launch('one', [{ id: 'v', at: 'data' }]);
  await s.framework.reaches('one', 'TASK_RUNNING');
  assert.equal(readFileSync(path.join(sandbox, 'data/file'), 'utf8'), 'kept\n');
  await end(s, 'one');
  await eventually('the end of its link', () => !lstatSync(path.join(sandbox, 'data'), { throwIfNoEntry: false }));

  const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
  t.after(() => rmSync(outside, { recursive: true }));
  symlinkSync(outside, path.join(sandbox, 'evil'));
  mkdirSync(path.join(sandbox, 'taken'));
  for (const [id, at, message] of [
    ['link', 'evil/below', /'evil\/below' leads through what is not a directory in the sandbox/],
    ['taken', 'taken', /'taken' exists in the sandbox already/],
    ['absolute', '/tmp/volume', /'\/tmp\/volume' must be below the sandbox/],
  ] as const) {
    await launch(id, [{ id: 'w', at }]);
    assert.match((await s.framework.end(id)).message ?? '', message);
  }
  assert.deepEqual(readdirSync(outside), []);
  await s.framework.teardown();
});

const needImage = all(need, needs.mounting('images are mounted'), needsBusybox);

test('in an image: in its sandbox, at an absolute path, and nowhere else', needImage, async t => {
  const images = temporaryDirectory(t, 'images');
  writeBusyboxImage(images, 'app', { Env: ['PATH=/bin'], WorkingDir: '/bin' }, [[['etc/passwd', 'of the image\n']]]);
  const flags: Flags = {
    isolation: 'filesystem/linux,namespaces/pid,docker/runtime',
    image_providers: 'DOCKER',
    docker_registry: images,
    docker_store_dir: path.join(images, 'store'),
  };
  const s = await VolumeScene.start(t, flags);
  await s.create('v', 'w');
  const container = (more = {}): Pick<TaskInfo, 'container'> => ({
    container: { type: 'MESOS', mesos: { image: { type: 'DOCKER', docker: { name: 'app' } } }, ...more },
  });
  const both = [
    { id: 'v', at: 'data' },
    { id: 'w', at: '/var/lib/own' },
  ];
  const write = 'cd /mnt/mesos/sandbox; echo v >data/file; echo w >/var/lib/own/file; ls /var/lib';
  const first = await s.run('first', both, write, container());
  assert.equal(first.output, 'own\n', first.status.message ?? '');
  assert.deepEqual(
    ['v', 'w'].map(id => readFileSync(path.join(s.directory(id), 'file'), 'utf8')),
    ['v\n', 'w\n'],
  );
  // The persistent volume of the sandbox at another place.
  const shown = container({ volumes: [{ mode: 'RO', host_path: 'data', container_path: '/shown' }] });
  const second = await s.run(
    'second',
    [{ id: 'v', at: 'data', mode: 'RO' }],
    'cat /shown/file; (echo x >/mnt/mesos/sandbox/data/x) 2>/dev/null || echo read-only',
    shown,
  );
  assert.equal(second.output, 'v\nread-only\n', second.status.message ?? '');
});

test('an executor in an image gets volumes while it runs', needImage, async t => {
  const images = temporaryDirectory(t, 'images');
  writeBusyboxImage(images, 'app', { Env: ['PATH=/bin'] });
  const s = await VolumeScene.start(t, {
    isolation: 'filesystem/linux,namespaces/pid,docker/runtime',
    image_providers: 'DOCKER',
    docker_registry: images,
    docker_store_dir: path.join(images, 'store'),
  });
  await s.create('v', 'w');
  for (const id of ['v', 'w']) writeFileSync(path.join(s.directory(id), 'id'), id);
  // What Node.js needs of the machine.
  const checkout = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
  const needed = new Set(['/usr', '/lib', '/lib64', checkout, path.dirname(process.execPath)]);
  const volumes = [...needed].filter(existsSync).map(each => {
    return { mode: 'RO' as const, host_path: each, container_path: each };
  });
  const { launch, seen } = await withExecutor(s, 'e', {
    ...{ type: 'MESOS', volumes },
    mesos: { image: { type: 'DOCKER', docker: { name: 'app' } } },
  });
  await launch('one', [
    { id: 'v', at: 'data', mode: 'RO' },
    { id: 'w', at: '/var/own' },
  ]);
  await s.framework.reaches('one', 'TASK_RUNNING');
  assert.equal(readFileSync(seen('data/id'), 'utf8'), 'v');
  assert.throws(() => writeFileSync(seen('data/new'), ''), { code: 'EROFS' });
  assert.equal(readFileSync(seen('../../../var/own/id'), 'utf8'), 'w');
  await end(s, 'one');
  await eventually('the end of its mounts', () => ['data', '../../../var/own'].every(at => !existsSync(seen(at))));
  await s.framework.teardown();
  await eventually('the end of the executor', () => s.cgroups.left().length === 0);
});
