/** Images from archives that a real program named hadoop copies, out of a directory in the place of HDFS. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { removeTree } from '../remove-tree.ts';
import { dockerArchive, makeImage } from '../testing/image.ts';
import { key, testProvisioner } from '../testing/store.ts';
import { file, tar } from '../testing/tar.ts';
import { HadoopPuller } from './hadoop-puller.ts';

const image = makeImage([tar(file('one'))]);

function setUp(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'hadoop-'));
  t.after(() => removeTree(directory));
  const [hadoopHome, archives, own] = ['home', 'archives', 'own'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(join(hadoopHome, 'bin'), { recursive: true });
  mkdirSync(archives);
  mkdirSync(join(own, 'image-of-a-killed-agent'), { recursive: true });
  const client = join(hadoopHome, 'bin/hadoop');
  const copy = `cp "${archives}/\${3#hdfs://host/dir/}" "$4" 2>/dev/null && exit`;
  const fails = 'echo "copyToLocal: \\`$3\': No such file or directory" >&2; exit 1';
  writeFileSync(
    client,
    `#!/bin/sh\n[ -e ${directory}/down ] && echo "copyToLocal: refused" >&2 && exit 1\n${copy}\n${fails}\n`,
  );
  chmodSync(client, 0o755);
  const puller = new HadoopPuller({ registry: 'hdfs://host/dir/', hadoopHome, directory: own });
  const { provisioner } = testProvisioner(t, { puller });
  const provision = async (name: string) => {
    await provisioner.recover([]);
    const { rootfs } = await provisioner.provision(key('c'), { type: 'DOCKER', docker: { name } });
    return readdirSync(rootfs.target);
  };
  return { directory, archives, own, provision };
}

for (const [name, path] of [
  ['image', 'image.tar'],
  ['image', 'image:latest.tar'],
  ['some/image:v1', 'some/image:v1.tar'],
] as const) {
  test(`${name} is copied from ${path}, and no archive is left`, async t => {
    const { archives, own, provision } = setUp(t);
    mkdirSync(join(archives, 'some'));
    writeFileSync(join(archives, path), dockerArchive(image));
    assert.deepEqual(await provision(name), ['one']);
    assert.deepEqual(readdirSync(own), []);
  });
}

test('what is not there, is no image or cannot be copied is said', async t => {
  const { directory, archives, own, provision } = setUp(t);
  await assert.rejects(provision('image'), {
    code: 'NOT_FOUND',
    message: /has no 'image:latest\.tar' or 'image\.tar'/,
  });
  writeFileSync(join(archives, 'image.tar'), 'x'.repeat(2000));
  await assert.rejects(provision('image'), { code: 'INVALID' });
  writeFileSync(join(directory, 'down'), '');
  await assert.rejects(provision('image'), { code: 'REGISTRY', message: /Hadoop's client failed: refused/ });
  assert.deepEqual(readdirSync(own), []);
});
