import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Image } from '@meseta/protocol';
import { needs } from '@meseta/system/testing';
import { ArchivePuller } from '../pullers/archive-puller.ts';
import { removeTree } from '../remove-tree.ts';
import { dockerArchive, makeImage } from '../testing/image.ts';
import { key, testProvisioner } from '../testing/store.ts';
import { directory, file, symlink, tar } from '../testing/tar.ts';
import type { Rootfs } from './backend.ts';
import { OverlayBackend, overlayProblem } from './overlay.ts';

const docker = (name: string): Image => ({ type: 'DOCKER', docker: { name } });
const mounting = needs.mounting('overlay is mounted');

const layers = [
  tar(
    directory('./', { mode: 0o751 }),
    file('a', '1'),
    file('gone', 'x'),
    directory('d'),
    file('d/old', 'x'),
    directory('e'),
    file('e/old'),
    symlink('l', 'd'),
  ),
  tar(
    file('.wh.gone'),
    directory('d'),
    file('d/.wh..wh..opq'),
    file('d/new', '2'),
    file('.wh.e'),
    directory('e'),
    file('e/new', '3'),
    directory('l'),
    file('l/f'),
  ),
  tar(directory('./', { mode: 0o711 }), file('a', '4')),
];

/** Runs a script in a mount namespace in which a root file system is mounted, as launchers do. */
function inMounted(rootfs: Rootfs, script: string): string {
  assert.equal(rootfs.backend, 'overlay');
  const mount = 'mount -t overlay overlay -o "$OPTIONS" "$TARGET" && cd "$TARGET" && eval "$SCRIPT"';
  const env = { ...process.env, OPTIONS: rootfs.options, TARGET: rootfs.target, SCRIPT: script };
  return execFileSync('unshare', ['--mount', 'sh', '-c', mount], { env, encoding: 'utf8' });
}

test('containers share layers, and each sees its own changes', mounting, async t => {
  const images = mkdtempSync(join(tmpdir(), 'images-'));
  t.after(() => removeTree(images));
  writeFileSync(join(images, 'i.tar'), dockerArchive(makeImage(layers), 'i:latest'));
  const { provisioner } = testProvisioner(t, { puller: new ArchivePuller(images), backend: new OverlayBackend() });
  await provisioner.recover([]);
  const first = await provisioner.provision(key('first'), docker('i'));
  const second = await provisioner.provision(key('second'), docker('i'));
  const list = 'find . -mindepth 1 | sort; stat -c %a .; cat a d/new';
  const expected = './a\n./d\n./d/new\n./e\n./e/new\n./l\n./l/f\n711\n42';
  assert.equal(inMounted(first.rootfs, list), expected);
  inMounted(first.rootfs, 'echo changed >a; rm -r d; mkdir d');
  assert.equal(inMounted(first.rootfs, 'cat a; ls d'), 'changed\n');
  assert.equal(inMounted(second.rootfs, list), expected);
  await provisioner.destroy(key('first'));
  assert.equal(inMounted(second.rootfs, list), expected);
});

test('90 layers fit into one mount; too many for a long path are refused', mounting, async t => {
  const images = mkdtempSync(join(tmpdir(), 'images-'));
  t.after(() => removeTree(images));
  const backend = new OverlayBackend();
  const directories = Array.from({ length: 90 }, (_, index) => join(images, String(index)));
  for (const each of directories) mkdirSync(join(each, 'rootfs'), { recursive: true });
  const request = (prefix: string) => ({
    layers: directories.map((each, index) => ({ directory: each, link: async () => `${prefix}/l/${index}abcde` })),
    directory: images,
    id: 'id',
    signal: t.signal,
  });
  const rootfs = await backend.provision(request('/tmp/mesos/store/docker'));
  assert.ok(rootfs.backend === 'overlay' && Buffer.byteLength(rootfs.options) < 4096);
  await assert.rejects(backend.provision(request(`/${'long'.repeat(20)}`)), {
    code: 'BACKEND',
    message: /90 layers are too many .* --docker_store_dir with a shorter path/,
  });
});

test('whether overlay works is found out by mounting', async t => {
  const scratch = mkdtempSync(join(tmpdir(), 'overlay-'));
  t.after(() => removeTree(scratch));
  const problem = await overlayProblem(scratch);
  if (needs.mounting('').skip === false) assert.equal(problem, undefined);
  else assert.ok(problem);
  assert.equal(execFileSync('ls', ['-A', scratch], { encoding: 'utf8' }), '', 'nothing is left');
});
