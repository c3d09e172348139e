import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../docker/digest.ts';
import type { ImageError } from '../image-error.ts';
import { removeTree } from '../remove-tree.ts';
import { dockerArchive, makeImage, ociLayout, writeFiles } from '../testing/image.ts';
import { key, testProvisioner } from '../testing/store.ts';
import { file, symlink, tar } from '../testing/tar.ts';
import { ArchivePuller } from './archive-puller.ts';

const one = makeImage([tar(file('one')), tar(file('more'))]);
const two = makeImage([tar(file('two'))], { oci: true });

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'archives-'));
  t.after(() => removeTree(directory));
  return directory;
}

/** Returns the files of an image's root file system. */
async function provisioned(t: TestContext, directory: string, name: string): Promise<string[]> {
  const { provisioner } = testProvisioner(t, { puller: new ArchivePuller(directory) });
  await provisioner.recover([]);
  const { rootfs } = await provisioner.provision(key('c'), { type: 'DOCKER', docker: { name } });
  return readdirSync(rootfs.target).sort();
}

const layoutArchive = () =>
  tar(...[...ociLayout({ v1: one, v2: two })].map(([name, bytes]) => file(`./${name}`, bytes)));

/** An archive in which a layer is a link to another one, as docker save made them. */
function linkedArchive(): Buffer {
  const layer = tar(file('linked'));
  const twice = makeImage([layer, layer]);
  const manifest = [{ Config: 'c.json', RepoTags: null, Layers: ['a/layer.tar', 'b/layer.tar'] }];
  return tar(
    file('a/layer.tar', layer),
    symlink('b/layer.tar', '../a/layer.tar'),
    file('c.json', twice.config),
    file('manifest.json', JSON.stringify(manifest)),
  );
}

const found: readonly { name: string; file: string; bytes: () => Buffer; files: readonly string[] }[] = [
  { name: 'image', file: 'image.tar', bytes: () => dockerArchive(one, 'image:latest'), files: ['more', 'one'] },
  { name: 'image', file: 'image:latest.tar', bytes: () => dockerArchive(one), files: ['more', 'one'] },
  { name: 'image:latest', file: 'image.tar', bytes: () => dockerArchive(one, 'other:tag'), files: ['more', 'one'] },
  { name: 'some/image:v1', file: 'some/image:v1.tar', bytes: () => dockerArchive(one), files: ['more', 'one'] },
  { name: 'host:5000/image', file: 'host:5000/image.tar', bytes: () => dockerArchive(one), files: ['more', 'one'] },
  { name: 'linked', file: 'linked.tar', bytes: linkedArchive, files: ['linked'] },
  { name: 'layout:v2', file: 'layout:v2.tar', bytes: layoutArchive, files: ['two'] },
  { name: `layout@${sha256(two.manifest)}`, file: 'layout.tar', bytes: layoutArchive, files: ['two'] },
  { name: `image@${sha256(one.config)}`, file: 'image.tar', bytes: () => dockerArchive(one), files: ['more', 'one'] },
];
for (const { name, file: path, bytes, files } of found) {
  test(`${name.slice(0, 30)} is found in ${path}`, async t => {
    const directory = scratch(t);
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), bytes());
    assert.deepEqual(await provisioned(t, directory, name), files);
  });
}

test('an OCI layout in a directory', async t => {
  const directory = scratch(t);
  writeFiles(join(directory, 'some/layout'), ociLayout({ latest: one, other: two }));
  assert.deepEqual(await provisioned(t, directory, 'some/layout'), ['more', 'one']);
  writeFiles(join(directory, 'some/layout:other'), ociLayout({ latest: one, other: two }));
  assert.deepEqual(await provisioned(t, directory, 'some/layout:other'), ['two']);
});

const damaged = (): Buffer => {
  const files = ociLayout({ latest: one });
  const name = `blobs/sha256/${sha256(one.blobs[0] ?? '').slice(7)}`;
  files.set(name, gzipSync(tar(file('changed'))));
  return tar(...[...files].map(([path, bytes]) => file(path, bytes)));
};

const refused: readonly {
  name: string;
  bytes: () => Buffer;
  code: ImageError['code'];
  says: RegExp;
  image?: string;
}[] = [
  {
    name: 'another tag',
    image: 'i:v3',
    bytes: () => dockerArchive(one),
    code: 'NOT_FOUND',
    says: /has no 'i:v3\.tar'/,
  },
  { name: 'something else', bytes: () => Buffer.alloc(2000, 'x'), code: 'INVALID', says: /what docker save writes/ },
  { name: 'a compressed archive', bytes: () => gzipSync(dockerArchive(one)), code: 'INVALID', says: /not compressed/ },
  { name: 'a cut archive', bytes: () => dockerArchive(one).subarray(0, 2500), code: 'INVALID', says: /cut off/ },
  {
    name: 'an archive without an image',
    bytes: () => tar(file('a')),
    code: 'INVALID',
    says: /neither a manifest.json nor/,
  },
  { name: 'an empty manifest', bytes: () => tar(file('manifest.json', '[]')), code: 'INVALID', says: /without images/ },
  {
    name: 'a manifest of something else',
    bytes: () => tar(file('manifest.json', '[null]')),
    code: 'INVALID',
    says: /lacks Config/,
  },
  {
    name: 'a missing layer',
    bytes: () =>
      tar(
        file('manifest.json', '[{"Config":"c","Layers":["l"]}]'),
        file('c', JSON.stringify({ rootfs: { diff_ids: [sha256('')] } })),
      ),
    code: 'INVALID',
    says: /lacks its layer 'l'/,
  },
  { name: 'a layer of another digest', bytes: damaged, code: 'DIGEST', says: /has the digest/ },
  {
    name: 'another digest of the manifest',
    image: `i@${sha256('other')}`,
    bytes: () => dockerArchive(one),
    code: 'NOT_FOUND',
    says: /name the image by its tag/,
  },
];
for (const { name, bytes, code, says, image = 'i' } of refused) {
  test(`refuses ${name}`, async t => {
    const directory = scratch(t);
    writeFileSync(join(directory, 'i.tar'), bytes());
    await assert.rejects(provisioned(t, directory, image), (error: ImageError) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, says);
      return true;
    });
  });
}
