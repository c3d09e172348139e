import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import type { Image } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsRegistry, startDockerRegistry } from '../../testing/docker/registry.ts';
import { sha256 } from './docker/digest.ts';
import type { ImageError } from './image-error.ts';
import { makeImage, makeList, push } from './testing/image.ts';
import { passOn, startProxy } from './testing/proxy.ts';
import { key, testProvisioner, testPuller } from './testing/store.ts';
import { directory, file, hardLink, symlink, tar } from './testing/tar.ts';

const lower = tar(
  directory('./'),
  directory('bin'),
  file('bin/busybox', 'busybox', { mode: 0o755 }),
  hardLink('bin/sh', 'bin/busybox'),
  directory('etc'),
  file('etc/gone', 'x'),
  directory('opt'),
  file('opt/old', 'x'),
  symlink('lib', 'usr/lib'),
);
const upper = tar(
  file('etc/.wh.gone'),
  directory('opt'),
  file('opt/.wh..wh..opq'),
  file('opt/new', 'y'),
  directory('lib'),
  file('lib/a', 'z'),
);
const config = {
  Entrypoint: ['/bin/sh'],
  Cmd: ['-c', 'true'],
  Env: ['PATH=/bin', 'A=b=c'],
  WorkingDir: '/opt',
  User: '1:2',
  Labels: { a: 'b' },
  ExposedPorts: { '80/tcp': {} },
  StopSignal: 'SIGINT',
};
const image = makeImage([lower, upper], { config });
const docker = (name: string, more: Partial<Image> = {}): Image => ({ type: 'DOCKER', docker: { name }, ...more });

test('an image of a registry becomes a root file system', needsRegistry, async t => {
  const { host, origin } = await startDockerRegistry(t);
  await push(origin, 'some/image', 'v1', image);
  const { provisioner } = testProvisioner(t, { puller: testPuller(origin) });
  await provisioner.recover([]);
  for (const name of ['some/image:v1', `${host}/some/image:v1`, `some/image@${sha256(image.manifest)}`]) {
    const { rootfs, runtime, image: found } = await provisioner.provision(key('c'), docker(name));
    assert.equal(found.digest, sha256(image.manifest));
    const paths = readdirSync(rootfs.target, { recursive: true }).map(String).sort();
    const expected = ['bin', 'bin/busybox', 'bin/sh', 'etc', 'lib', 'lib/a', 'opt', 'opt/new'];
    assert.deepEqual(paths, expected, name);
    assert.deepEqual(runtime, {
      entrypoint: ['/bin/sh'],
      cmd: ['-c', 'true'],
      environment: [
        { name: 'PATH', value: '/bin' },
        { name: 'A', value: 'b=c' },
      ],
      workingDirectory: '/opt',
      user: '1:2',
      labels: { a: 'b' },
      exposedPorts: ['80/tcp'],
      stopSignal: 'SIGINT',
      volumes: [],
    });
  }
});

test('manifests of OCI, lists of platforms and zstd', needsRegistry, async t => {
  const { origin } = await startDockerRegistry(t);
  const oci = makeImage([lower], { oci: true, compress: data => zstdCompressSync(data) });
  const other = makeImage([upper], { architecture: 'other' });
  await push(origin, 'lists', 'oci', oci);
  await push(origin, 'lists', 'other', other);
  const mine = process.arch === 'x64' ? 'amd64' : process.arch;
  await push(
    origin,
    'lists',
    'both',
    makeList([
      { image: other, architecture: 'other' },
      { image: oci, architecture: mine },
    ]),
  );
  await push(origin, 'lists', 'strange', makeList([{ image: other, architecture: 'other' }]));
  const { provisioner } = testProvisioner(t, { puller: testPuller(origin) });
  await provisioner.recover([]);
  for (const tag of ['oci', 'both']) {
    const { rootfs } = await provisioner.provision(key(tag), docker(`lists:${tag}`));
    assert.equal(readFileSync(join(rootfs.target, 'bin/sh'), 'utf8'), 'busybox');
  }
  await assert.rejects(provisioner.provision(key('c'), docker('lists:strange')), {
    code: 'UNSUPPORTED',
    message: `Image 'lists:strange': It is not made for linux/${mine}; it is made for: linux/other`,
  });
});

test('20 containers that want one image at once make one download of each blob', needsRegistry, async t => {
  const registry = await startDockerRegistry(t);
  await push(registry.origin, 'image', 'latest', image);
  const proxy = await startProxy(t, registry.origin);
  const { provisioner, store } = testProvisioner(t, { puller: testPuller(proxy.origin) });
  await provisioner.recover([]);
  const keys = Array.from({ length: 20 }, (_, index) => key(`c${index}`));
  const all = await Promise.all(keys.map(each => provisioner.provision(each, docker('image'))));
  assert.equal(new Set(all.map(({ rootfs }) => rootfs.target)).size, 20);
  assert.equal(proxy.requests.length, 4, proxy.requests.join('\n')); // manifest, configuration, two layers
  assert.deepEqual(readdirSync(join(store.layers.directory(sha256(lower)), '../../staging')), []);
  await provisioner.provision(key('later'), docker('image'));
  assert.equal(proxy.requests.length, 4, 'a stored image is not asked for again');
  await provisioner.provision(key('uncached'), docker('image', { cached: false }));
  assert.equal(proxy.requests.length, 6, 'with cached: false the registry is asked for the manifest, not for layers');
});

test('a tag that moved is followed with cached: false only', needsRegistry, async t => {
  const { origin } = await startDockerRegistry(t);
  await push(origin, 'moving', 'latest', makeImage([tar(file('old'))]));
  const { provisioner } = testProvisioner(t, { puller: testPuller(origin) });
  await provisioner.recover([]);
  const names = async (each: string, cached: boolean) => {
    const { rootfs } = await provisioner.provision(key(each), docker('moving', { cached }));
    return readdirSync(rootfs.target);
  };
  assert.deepEqual(await names('c1', true), ['old']);
  await push(origin, 'moving', 'latest', makeImage([tar(file('new'))]));
  assert.deepEqual(await names('c2', true), ['old']);
  assert.deepEqual(await names('c3', false), ['new']);
  assert.deepEqual(await names('c4', true), ['new']);
});

const large = makeImage([tar(file('random', randomBytes(3_000_000)))], { compress: data => data });

test('a download that breaks off goes on where it stopped', needsRegistry, async t => {
  const registry = await startDockerRegistry(t);
  await push(registry.origin, 'large', 'latest', large);
  const blob = sha256(large.blobs[0] ?? '');
  const proxy = await startProxy(t, registry.origin, (incoming, response) => {
    if (!incoming.url?.includes(blob) || ranges(proxy.requests).length > 3) return false;
    passOn(registry.origin, incoming, response, 700_000);
    return true;
  });
  const { provisioner } = testProvisioner(t, { puller: testPuller(proxy.origin) });
  await provisioner.recover([]);
  const { rootfs } = await provisioner.provision(key('c'), docker('large'));
  assert.equal(readFileSync(join(rootfs.target, 'random')).length, 3_000_000);
  const starts = ranges(proxy.requests);
  assert.equal(starts.length, 4);
  assert.ok(
    starts.every((start, index) => start > (starts[index - 1] ?? 0)),
    starts.join(' '),
  );
});

function ranges(requests: readonly string[]): number[] {
  return requests.flatMap(each => Number(/ bytes=(\d+)-$/.exec(each)?.[1] ?? []) || []);
}

const failures: readonly {
  name: string;
  spoil: (url: string) => { status?: number; body?: string; cut?: number } | undefined;
  code: ImageError['code'];
  says: RegExp;
  tries: number;
}[] = [
  {
    name: 'breaks off at the same place again and again',
    spoil: url => (url.includes('/blobs/') ? { cut: 10 } : undefined),
    code: 'REGISTRY',
    says: /broke the connection off.*\(tried 5 times\)$/s,
    tries: 5,
  },
  {
    name: 'fails with status 503',
    spoil: url => (url.includes('/manifests/') ? { status: 503 } : undefined),
    code: 'REGISTRY',
    says: /status 503.*\(tried 5 times\)/,
    tries: 5,
  },
  {
    name: 'sends something else for the configuration',
    spoil: url => (url.includes(sha256(large.config)) ? { body: '{"rootfs":{}}' } : undefined),
    code: 'DIGEST',
    says: /configuration sha256:.* came with the digest/,
    tries: 1,
  },
  {
    name: 'sends something else for a layer',
    spoil: url =>
      url.includes(sha256(large.blobs[0] ?? '')) ? { body: 'x'.repeat(large.blobs[0]?.length ?? 0) } : undefined,
    code: 'DIGEST',
    says: /blob sha256:.* came with the digest/,
    tries: 1,
  },
  {
    name: 'sends more for a layer than it said',
    spoil: url => (url.includes(sha256(large.blobs[0] ?? '')) ? { body: 'x'.repeat(4_000_000) } : undefined),
    code: 'DIGEST',
    says: /more than the 300\d+ bytes/,
    tries: 1,
  },
  {
    name: 'sends a manifest of schema 1',
    spoil: url => (url.includes('/manifests/') ? { body: '{"schemaVersion":1,"fsLayers":[]}' } : undefined),
    code: 'UNSUPPORTED',
    says: /old schema 1/,
    tries: 1,
  },
  {
    name: 'sends a manifest that is no JSON',
    spoil: url => (url.includes('/manifests/') ? { body: '<html>' } : undefined),
    code: 'INVALID',
    says: /manifest is not JSON/,
    tries: 1,
  },
];
for (const { name, spoil, code, says, tries } of failures) {
  test(`a registry that ${name}`, needsRegistry, async t => {
    const registry = await startDockerRegistry(t);
    await push(registry.origin, 'large', 'latest', large);
    const proxy = await startProxy(t, registry.origin, (incoming, response) => {
      const spoiled = spoil(incoming.url ?? '');
      if (spoiled === undefined) return false;
      if (spoiled.cut !== undefined)
        response.writeHead(200, { 'content-length': 1000 }).write('x', () => response.destroy());
      else response.writeHead(spoiled.status ?? 200).end(spoiled.body);
      return true;
    });
    const { provisioner, directory } = testProvisioner(t, { puller: testPuller(proxy.origin) });
    await provisioner.recover([]);
    await assert.rejects(provisioner.provision(key('c'), docker('large')), (error: ImageError) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, /^Image 'large': /);
      assert.match(error.message, says);
      return true;
    });
    const spoiled = proxy.requests.filter(each => spoil(each) !== undefined);
    assert.equal(spoiled.length, name.startsWith('breaks') ? spoiled.length : tries);
    assert.deepEqual(readdirSync(join(directory, 'store/staging')), []);
    assert.deepEqual(readdirSync(join(directory, 'store/layers')), []);
  });
}

test('an image that is not there, and names that are none', needsRegistry, async t => {
  const { host, origin } = await startDockerRegistry(t);
  const { provisioner } = testProvisioner(t, { puller: testPuller(origin) });
  await provisioner.recover([]);
  const refused = (name: string) => provisioner.provision(key('c'), docker(name));
  await assert.rejects(refused('no/such:img'), {
    code: 'NOT_FOUND',
    message: `Image 'no/such:img': ${host} has no image no/such:img; check the name and the tag`,
  });
  for (const name of ['', '../x', 'a/../b', 'A', 'a:b:c', 'a@sha256:12', 'a b', 'http://h/x']) {
    await assert.rejects(refused(name), { code: 'INVALID', message: /has an invalid name/ });
  }
  await assert.rejects(provisioner.provision(key('c'), { type: 'APPC', appc: { name: 'x' } }), {
    code: 'UNSUPPORTED',
    message: /AppC images are not supported/,
  });
});

test('a hostile layer is named, and leaves nothing', needsRegistry, async t => {
  const { origin } = await startDockerRegistry(t);
  const bad = tar(symlink('l', '/tmp'), file('l/out'));
  await push(origin, 'bad', 'latest', makeImage([lower, bad]));
  const { provisioner, directory } = testProvisioner(t, { puller: testPuller(origin) });
  await provisioner.recover([]);
  await assert.rejects(provisioner.provision(key('c'), docker('bad')), (error: ImageError) => {
    assert.ok(
      error.message.startsWith(`Image 'bad': Its layer ${sha256(bad)} cannot be unpacked, at its entry 'l/out': `),
    );
    assert.deepEqual([error.code, error.entry], ['LAYER', 'l/out']);
    return true;
  });
  assert.deepEqual(readdirSync(join(directory, 'store/staging')), []);
});

test('one of two waiting containers is destroyed: the other one gets the image', needsRegistry, async t => {
  const registry = await startDockerRegistry(t);
  await push(registry.origin, 'large', 'latest', large);
  let release = () => {};
  const released = new Promise<void>(resolve => (release = resolve));
  const proxy = await startProxy(t, registry.origin, (incoming, response) => {
    if (!incoming.url?.includes(sha256(large.blobs[0] ?? ''))) return false;
    void released.then(() => passOn(registry.origin, incoming, response));
    return true;
  });
  const { provisioner, directory } = testProvisioner(t, { puller: testPuller(proxy.origin) });
  await provisioner.recover([]);
  const first = provisioner.provision(key('first'), docker('large'));
  const second = provisioner.provision(key('second'), docker('large'));
  await eventually('the layer is asked for', () => proxy.requests.length === 3);
  const refused = assert.rejects(first, { code: 'CANCELLED' });
  await provisioner.destroy(key('first'));
  await refused;
  release();
  assert.ok(existsSync((await second).rootfs.target));
  assert.equal(proxy.requests.length, 3);
  const third = provisioner.provision(key('third'), docker('large', { cached: false }));
  const cancelled = assert.rejects(third, { code: 'CANCELLED' });
  await provisioner.destroy(key('third'));
  await cancelled;
  await eventually('nothing is left', () => readdirSync(join(directory, 'store/staging')).length === 0);
});

const mounting = needs.mounting('what is mounted in a root file system cannot be removed');

test('what cannot be removed is removed when it can be', all(needsRegistry, mounting), async t => {
  const registry = await startDockerRegistry(t);
  await push(registry.origin, 'image', 'latest', image);
  const { provisioner, directory } = testProvisioner(t, { puller: testPuller(registry.origin) });
  await provisioner.recover([]);
  const { rootfs } = await provisioner.provision(key('gone'), docker('image'));
  const run = promisify(execFile);
  await run('mount', ['-t', 'tmpfs', 'tmpfs', rootfs.target]);
  try {
    await provisioner.destroy(key('gone'));
    assert.ok(existsSync(rootfs.target));
    const again = await provisioner.provision(key('gone'), docker('image')); // another one of that id
    await provisioner.destroy(key('gone'));
    assert.ok(!existsSync(again.rootfs.target));
  } finally {
    await run('umount', ['--lazy', rootfs.target]);
  }
  const left = () => readdirSync(join(directory, 'work/containers'));
  await eventually('nothing is left', () => left().length === 0);
});

test('the next agent keeps the containers it knows, and the images', needsRegistry, async t => {
  const registry = await startDockerRegistry(t);
  await push(registry.origin, 'image', 'latest', image);
  const first = testProvisioner(t, { puller: testPuller(registry.origin) });
  await first.provisioner.recover([]);
  const kept = await first.provisioner.provision(key('kept'), docker('image'));
  const nested = await first.provisioner.provision(key('kept.nested'), docker('image'));
  const orphan = await first.provisioner.provision(key('orphan'), docker('image'));
  await first.provisioner.close();
  await registry.stop();
  const next = testProvisioner(t, { puller: testPuller(registry.origin), directory: first.directory });
  await next.provisioner.recover([key('kept'), key('kept.nested')]);
  assert.ok(existsSync(kept.rootfs.target) && existsSync(nested.rootfs.target));
  assert.ok(!existsSync(orphan.rootfs.target));
  await next.provisioner.provision(key('new'), docker('image')); // the registry is gone
  assert.equal(await next.provisioner.prune([]), 0, 'its layers are in use');
  for (const each of ['kept', 'new']) await next.provisioner.destroy(key(each));
  assert.deepEqual(readdirSync(join(first.directory, 'work/containers')), []);
  assert.equal(await next.provisioner.prune([docker('image')]), 2, 'pruned before, it is no image any more');
  assert.deepEqual(readdirSync(join(first.directory, 'store/layers')), []);
});

test('images are pruned, except those that are excluded or in use', needsRegistry, async t => {
  const { origin } = await startDockerRegistry(t);
  const [used, excluded, unused] = ['used', 'excluded', 'unused'].map(name => makeImage([lower, tar(file(name))]));
  for (const [name, each] of Object.entries({ used, excluded, unused })) if (each) await push(origin, name, 'v1', each);
  const { provisioner, directory } = testProvisioner(t, { puller: testPuller(origin) });
  await provisioner.recover([]);
  for (const name of ['used', 'excluded', 'unused']) await provisioner.provision(key(name), docker(`${name}:v1`));
  await provisioner.destroy(key('excluded'));
  await provisioner.destroy(key('unused'));
  assert.equal(await provisioner.prune([docker('excluded:v1')]), 1);
  const layers = globSync('store/layers/*/rootfs/*', { cwd: directory }).map(each => each.split('/').at(-1));
  assert.deepEqual(layers.filter(each => each?.match(/used|excluded/)).sort(), ['excluded', 'used']);
});

test('a layer that someone removed is fetched again', needsRegistry, async t => {
  const { origin } = await startDockerRegistry(t);
  await push(origin, 'image', 'latest', image);
  const { provisioner, store } = testProvisioner(t, { puller: testPuller(origin) });
  await provisioner.recover([]);
  await provisioner.provision(key('a'), docker('image'));
  rmSync(store.layers.directory(sha256(lower)), { recursive: true });
  const { rootfs } = await provisioner.provision(key('b'), docker('image'));
  assert.ok(existsSync(join(rootfs.target, 'bin/sh')));
});
