/** Device files in the root file systems of images: which there are, who may use them, and that they are the container's own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DeviceAccess, TaskInfo } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import type { Flags } from './support/daemon.ts';
import { shellTask } from './support/framework.ts';
import { mesos, runTask, sandboxOf, taskScene } from './support/task-scene.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const need = all(needs.root('device files are made'), needs.mounting('images are mounted'), needsBusybox);
const inImage = mesos({ mesos: { image: { type: 'DOCKER', docker: { name: 'busybox' } } } });
const readOnly = { read: true };

async function scene(t: TestContext, isolation: string, allowed_devices: readonly DeviceAccess[], more: Flags = {}) {
  const directory = temporaryDirectory(t, 'devices');
  writeBusyboxImage(directory, 'busybox', { Env: ['PATH=/bin'] });
  return taskScene(t, `filesystem/linux,docker/runtime${isolation}`, {
    image_providers: 'DOCKER',
    docker_registry: directory,
    docker_store_dir: path.join(directory, 'store'),
    allowed_devices: JSON.stringify({ allowed_devices }),
    ...more,
  });
}

/** Makes a device file that gives zeros. */
function zeros(t: TestContext): string {
  const directory = temporaryDirectory(t, 'nodes');
  const node = path.join(directory, 'zeros');
  execFileSync('mknod', ['-m', '600', node, 'c', '1', '5']);
  return node;
}

const as = (user: string, value: string, more: Partial<TaskInfo> = {}): Partial<TaskInfo> => {
  return { ...inImage, command: { value: `exec 2>&1; ${value}`, user }, ...more };
};

test('the devices of --allowed_devices are in images, for every user as allowed', need, async t => {
  const node = zeros(t);
  const access = { read: true, write: false };
  const all = await scene(t, ',linux/devices', [
    { device: { path: node }, access },
    { device: { path: '/dev/kmsg' }, access: { mknod: true } },
    { device: { path: '/dev/null' }, access: readOnly },
  ]);
  const here = `/dev${node}`;
  const look = `stat -c '%a %t %T' ${here} /dev/kmsg /dev/null`;
  const use = `head -c 3 ${here} | wc -c; (echo x >${here}) 2>/dev/null || echo read-only`;
  const { output } = await runTask(all, 'nobody', '', as('nobody', `${look}; ${use}`));
  assert.equal(output, '644 1 5\n600 1 b\n666 1 3\n3\nread-only\n');
  // Without an image there are all those of the machine.
  assert.equal((await runTask(all, 'plain', 'stat -c %a /dev/full')).output, '666\n');
});

test('no device file of the machine can be reached: root could change its rights', need, async t => {
  const all = await scene(t, ',linux/devices,namespaces/pid', [{ device: { path: '/dev/kmsg' }, access: readOnly }]);
  const { framework, cluster } = all;
  const { dev } = statSync('/dev/null');
  const { output } = await runTask(
    all,
    'task',
    '',
    as('root', 'stat -L -c %d /dev/stdin /dev/null /dev/tty /dev/kmsg'),
  );
  const found = output.trim().split('\n').map(Number);
  assert.equal(found.length, 4);
  assert.deepEqual(new Set(found).size, 1);
  assert.notEqual(found[0], dev);
  // A check in it, whose task may have put something else there.
  for (const [id, line] of [
    ['checked', 'sleep 1000'],
    ['removed', 'rm /dev/null; mkfifo /dev/null; sleep 1000'],
  ] as const) {
    const value = 'stat -L -c "%d %F" /proc/self/fd/0 >"$MESOS_SANDBOX/input"';
    const check = { type: 'COMMAND', command: { value }, delay_seconds: 0.1, interval_seconds: 0.1 } as const;
    await framework.run(shellTask(id, '', { ...as('root', line), health_check: check }));
    await eventually('its check', () => framework.statusesOf(id).some(({ healthy }) => healthy));
    // Each check writes it anew, and the first ones may come before the task has put something else there.
    const input = path.join(sandboxOf(cluster, id), 'input');
    const wanted = id === 'checked' ? 'character special file' : 'fifo';
    const device = await eventually(`a ${wanted} as the input of its check`, () => {
      const [number, kind] = readFileSync(input, 'utf8').split(/ (.*)\n/);
      return kind === wanted && number;
    });
    assert.notEqual(Number(device), dev);
    await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
    await framework.end(id);
  }
});

for (const image_provisioner_backend of ['overlay', 'copy']) {
  test(
    `device files outside of /dev cannot be used, whoever made them (${image_provisioner_backend})`,
    need,
    async t => {
      const all = await scene(t, ',volume/image', [], { image_provisioner_backend });
      const volumes = [
        {
          container_path: 'files',
          mode: 'RW' as const,
          image: { type: 'DOCKER' as const, docker: { name: 'busybox' } },
        },
      ];
      const make = 'for file in /zeros files/zeros /dev/zeros; do mknod $file c 1 5; head -c 3 $file | wc -c; done';
      const { output } = await runTask(all, 'task', '', {
        ...as('root', make),
        container: { ...inImage.container, volumes },
      } as Partial<TaskInfo>);
      const denied = (file: string) => `head: ${file}: Permission denied\n0\n`;
      assert.equal(output, `${denied('/zeros')}${denied('files/zeros')}3\n`);
    },
  );
}

test('with cgroups/devices, root has no more than is allowed', need, async t => {
  const node = zeros(t);
  const all = await scene(t, ',linux/devices,cgroups/devices', [{ device: { path: '/dev/kmsg' }, access: readOnly }]);
  const script = `stat -c %a /dev/kmsg; (: >/dev/kmsg) || echo no; (: </dev/kmsg) && echo yes
    mknod /dev/other b 7 200; (: </dev/other) || echo none; head -c 2 /dev/zero | wc -c`;
  const { output } = await runTask(all, 'root', '', as('root', script));
  assert.match(output, /^644\n.*Operation not permitted\nno\nyes\n.*Operation not permitted\nnone\n2\n$/);
  assert.ok(statSync(node).isCharacterDevice());
});

test('no device is made in a volume', need, async t => {
  const volume = temporaryDirectory(t, 'volume');
  mkdirSync(path.join(volume, 'below'));
  const all = await scene(t, ',linux/devices', [{ device: { path: '/dev/net/tun' }, access: readOnly }]);
  const { container } = inImage;
  const volumes = [{ host_path: volume, container_path: '/dev/net', mode: 'RW' as const }];
  const { output } = await runTask(
    all,
    'volume',
    '',
    as('root', 'ls /dev/net', { container: { ...container!, volumes } }),
  );
  assert.equal(output, 'below\n');
  assert.deepEqual(readdirSync(volume), ['below']);
});

for (const [name, isolation, allowed, message] of [
  ['without filesystem/linux', 'linux/devices', [], /linux\/devices needs filesystem\/linux, .* add it to --isolation/],
  [
    'with no device',
    'filesystem/linux,linux/devices',
    [{ device: { path: '/etc/passwd' }, access: readOnly }],
    /is no device/,
  ],
  [
    'with nothing allowed',
    'filesystem/linux,linux/devices',
    [{ device: { path: '/dev/null' }, access: {} }],
    /nothing is allowed of/,
  ],
] as const) {
  test(`an agent with linux/devices does not start ${name}`, need, async t => {
    const allowed_devices = JSON.stringify({ allowed_devices: allowed });
    await assert.rejects(taskScene(t, isolation, { allowed_devices }), { message });
  });
}
