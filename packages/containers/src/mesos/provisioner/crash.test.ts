/** Kills the process that fetches an image, at each of its steps: what is left is complete, or removed. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { all, eventually, needs } from '@meseta/system/testing';
import { type DockerRegistry, needsRegistry, startDockerRegistry } from '../../testing/docker/registry.ts';
import { removeTree } from './remove-tree.ts';
import { makeImage, push, type TestImage } from './testing/image.ts';
import { startProxy } from './testing/proxy.ts';
import { key, testProvisioner, testPuller } from './testing/store.ts';
import { file, tar } from './testing/tar.ts';

const program = fileURLToPath(new URL('./testing/provision-process.ts', import.meta.url));
const filesPerLayer = 100;
const layers = Array.from({ length: 3 }, (_, layer) =>
  tar(...Array.from({ length: filesPerLayer }, (_, index) => file(`layer${layer}/f${index}`, randomBytes(2000)))),
);
const image = makeImage(layers);

/** The steps to kill at, each told by what can be seen on the disk or in the registry. */
const steps: readonly { name: string; seen: (directory: string, requests: readonly string[]) => boolean }[] = [
  { name: 'when it asks for the manifest', seen: (_, requests) => requests.length > 0 },
  { name: 'when it downloads a layer', seen: d => globSync('store/staging/*/blob', { cwd: d }).length > 0 },
  { name: 'when it unpacks a layer', seen: d => globSync('store/staging/*/layer/rootfs/*', { cwd: d }).length > 0 },
  { name: 'when the first layer is in its place', seen: d => entries(join(d, 'store/layers')).length > 0 },
  { name: 'when the second layer is in its place', seen: d => entries(join(d, 'store/layers')).length > 1 },
  { name: 'when the image is recorded', seen: d => entries(join(d, 'store/images')).length > 0 },
  { name: 'when the container is recorded', seen: d => existsSync(join(d, 'work/containers/container')) },
  {
    name: 'when it copies files',
    seen: d => globSync('work/containers/*/backends/copy/rootfses/*/*', { cwd: d }).length > 0,
  },
];

const entries = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);

const needed = all(needsRegistry, needs.root('files of images keep their owners'));

test('a process that fetches an image is killed', needed, async parent => {
  const registry = await startDockerRegistry(parent);
  await push(registry.origin, 'image', 'latest', image);
  for (const { name, seen } of steps) {
    await parent.test(name, async t => {
      const proxy = await startProxy(t, registry.origin);
      const directory = scratch(t);
      const child = start(t, directory, proxy.origin);
      await eventually(name, () => seen(directory, proxy.requests));
      child.kill('SIGKILL');
      await once(child, 'exit');
      await checkNext(t, directory, registry, image);
    });
  }
});

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'crash-'));
  mkdirSync(join(directory, 'store'));
  t.after(() => removeTree(directory));
  return directory;
}

function start(t: TestContext, directory: string, origin: string): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, directory, origin, 'image'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  return child;
}

function checkLayer(layer: string): void {
  assert.ok(statSync(join(layer, 'layer.json')).size > 0);
  const [name = ''] = readdirSync(join(layer, 'rootfs'));
  assert.equal(readdirSync(join(layer, 'rootfs', name)).length, filesPerLayer, 'a layer in its place is complete');
}

/** Starts the next agent on the same directory: it removes what was not completed, and provisions the image. */
async function checkNext(
  t: TestContext,
  directory: string,
  registry: DockerRegistry,
  { contents }: TestImage,
): Promise<void> {
  for (const layer of entries(join(directory, 'store/layers'))) checkLayer(join(directory, 'store/layers', layer));
  const { provisioner } = testProvisioner(t, { puller: testPuller(registry.origin), directory });
  await provisioner.recover([]);
  assert.deepEqual(readdirSync(join(directory, 'store/staging')), []);
  assert.deepEqual(readdirSync(join(directory, 'work/containers')), []);
  const { rootfs } = await provisioner.provision(key('next'), { type: 'DOCKER', docker: { name: 'image' } });
  for (const archive of contents) {
    execFileSync('tar', ['--compare', '--file=-', '--directory', rootfs.target], { input: archive });
  }
  await provisioner.destroy(key('next'));
}
