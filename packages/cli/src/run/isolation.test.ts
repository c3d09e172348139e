import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerInfo } from '@meseta/protocol';
import { needs } from '@meseta/system/testing';
import { isolationFor } from './isolation.ts';

const need = needs.root('only root makes containers');
const volumes: ContainerInfo['volumes'] = [{ host_path: '/etc', container_path: 'conf', mode: 'RO' }];

test('without a container that needs anything, the isolators are those of --isolation, or none', async () => {
  assert.deepEqual(await isolationFor(undefined, undefined), {});
  assert.deepEqual(await isolationFor(undefined, { type: 'MESOS', network_infos: [{}] }), {});
  assert.deepEqual(await isolationFor(undefined, { type: 'DOCKER', docker: { image: 'alpine' }, volumes }), {
    docker: true,
  });
  assert.deepEqual(await isolationFor('posix/cpu,posix/mem', undefined), { isolation: 'posix/cpu,posix/mem' });
});

const chosen: [name: string, container: Partial<ContainerInfo>, isolation: string][] = [
  ['volumes', { volumes }, 'filesystem/linux,namespaces/pid'],
  [
    'an image',
    { mesos: { image: { type: 'DOCKER', docker: { name: 'alpine' } } } },
    'filesystem/linux,namespaces/pid,docker/runtime',
  ],
  ['resource limits', { rlimit_info: { rlimits: [{ type: 'RLMT_NOFILE' }] } }, 'posix/rlimits'],
  [
    'a volume of the sandbox',
    { volumes: [{ mode: 'RW', container_path: '/tmp', source: { type: 'SANDBOX_PATH' } }] },
    'filesystem/linux,namespaces/pid',
  ],
  [
    'a volume of an image',
    { volumes: [{ mode: 'RO', container_path: 'data', image: { type: 'DOCKER', docker: { name: 'data' } } }] },
    'filesystem/linux,namespaces/pid,volume/image',
  ],
  [
    'a volume with a secret',
    { volumes: [{ mode: 'RO', container_path: 'key', source: { type: 'SECRET' } }] },
    'volume/secret',
  ],
  ['a size of /dev/shm', { linux_info: { shm_size: 1 } }, 'namespaces/ipc'],
  ['capabilities', { linux_info: { effective_capabilities: { capabilities: [] } } }, 'linux/capabilities'],
];
for (const [name, container, isolation] of chosen) {
  test(`a container with ${name} gets the isolators for it`, need, async () => {
    assert.deepEqual(await isolationFor(undefined, { type: 'MESOS', ...container }), { isolation });
  });
}

test('an ordinary user is told what needs root, and where it can be had', async () => {
  const found = isolationFor(undefined, { type: 'MESOS', volumes });
  if (process.geteuid?.() === 0) await found;
  else {
    const message = /^A volume needs a container of its own, which only root can make: .*--master/;
    await assert.rejects(found, { name: 'UsageError', message });
  }
});

const missing: [isolation: string, container: Partial<ContainerInfo>, message: RegExp][] = [
  ['posix/cpu', { volumes }, /^A volume needs the isolator filesystem\/linux or filesystem\/shared, which --isolation/],
  ['posix/cpu', { network_infos: [{ name: 'web' }] }, /^A network needs the isolator network\/cni, which --isolation/],
  ['posix/cpu', { hostname: 'web' }, /^A host name needs the isolator network\/cni/],
];
for (const [isolation, container, message] of missing) {
  test(`--isolation ${isolation} is refused for ${Object.keys(container)}`, async () => {
    const refusal = { name: 'UsageError', message };
    await assert.rejects(isolationFor(isolation, { type: 'MESOS', ...container }), refusal);
  });
}

test('volume/secret is enough for a volume with a secret', need, async () => {
  const isolation = 'volume/secret';
  const secret: ContainerInfo['volumes'] = [{ mode: 'RO', container_path: 'key', source: { type: 'SECRET' } }];
  assert.deepEqual(await isolationFor(isolation, { type: 'MESOS', volumes: secret }), { isolation });
});

test('filesystem/shared is enough for a volume', need, async () => {
  const isolation = 'filesystem/shared';
  assert.deepEqual(await isolationFor(isolation, { type: 'MESOS', volumes }), { isolation });
});
