/** Images of a real engine, from archives and from a real registry. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test as testAnywhere } from 'node:test';
import { all, eventually } from '@meseta/system/testing';
import {
  busybox,
  htpasswd,
  needsDocker,
  needsRegistry,
  sharedEngine,
  startDockerRegistry,
} from '../../testing/docker/index.ts';

const need = all(needsDocker, needsRegistry);
const test = (name: string, body: (t: TestContext) => Promise<void>) => void testAnywhere(name, need, body);

describe('images', () => {
  const engine = sharedEngine();

  /** Puts an image with random contents into a registry, and returns its name. */
  async function pushed(host: string, name: string, bytes = 1024): Promise<string> {
    const { client, directory } = await engine();
    const contents = mkdtempSync(join(directory, 'contents-'));
    writeFileSync(join(contents, 'random'), randomBytes(bytes));
    const archive = execFileSync('tar', ['--create', '--directory', contents, '.'], { maxBuffer: 2 * bytes + 2 ** 20 });
    const image = `${host}/${name}`;
    await client.images.import(archive, image);
    await client.images.push(image);
    await client.images.remove(image);
    assert.equal(await client.images.inspect(image), undefined);
    return image;
  }

  test('an image by import, and its name', async () => {
    const { client } = await engine();
    const found = await client.images.inspect('busybox');
    assert.equal(found?.tags.join(), busybox);
    assert.deepEqual(found?.cmd, ['sh']);
    await client.images.tag('busybox', 'localhost:5000/team/box', 'v1');
    const tagged = await client.images.inspect('localhost:5000/team/box:v1');
    assert.equal(tagged?.id, found?.id);
    assert.equal(await client.images.remove('localhost:5000/team/box:v1'), true);
    assert.equal(await client.images.remove('localhost:5000/team/box:v1'), false);
    assert.notEqual(await client.images.inspect('busybox'), undefined);
  });

  test('an archive of docker save is loaded', async () => {
    const { client, socket, directory } = await engine();
    const file = join(directory, 'saved.tar');
    execFileSync('curl', ['-s', '--unix-socket', socket, '-o', file, 'http://docker/images/busybox/get']);
    await client.images.tag('busybox', 'kept', 'latest');
    await client.images.remove('busybox');
    assert.equal(await client.images.load(readFileSync(file)), `Loaded image: ${busybox}`);
    assert.notEqual(await client.images.inspect('busybox'), undefined);
    const broken = client.images.load(Buffer.from('this is no archive'));
    await assert.rejects(broken, { name: 'EngineError', message: /^Could not load images / });
  });

  test('a pull from a registry with a port, with its progress', async t => {
    const { host } = await startDockerRegistry(t);
    const image = await pushed(host, 'team/random', 30 * 1024 * 1024);
    const { client } = await engine();
    const lines: string[] = [];
    let messages = 0;
    await client.images.pull(image, { onLine: line => lines.push(line), onProgress: () => messages++ });
    const found = await client.images.inspect(image);
    assert.equal(found?.tags.join(), `${image}:latest`);
    assert.ok(messages >= lines.length);
    assert.match(lines.find(line => line.startsWith('1 of 1')) ?? '', /^1 of 1 layers, 30\.0 of 30\.0 MB \(100%\)$/);
    assert.match(lines.at(-1) ?? '', /^Status: Downloaded newer image/);
    const [digest = ''] = found?.digests ?? [];
    await client.images.remove(image);
    await client.images.pull(digest);
    assert.equal((await client.images.inspect(digest))?.id, found?.id);
  });

  test('what a registry does not have', async t => {
    const { host } = await startDockerRegistry(t);
    const image = await pushed(host, 'there');
    const { client } = await engine();
    const absent = client.images.pull(`${host}/absent`);
    await assert.rejects(absent, {
      code: 'NOT_FOUND',
      message: /^Could not pull image 127\.0\.0\.1:\d+\/absent .*not found/,
    });
    await assert.rejects(client.images.pull(`${image}:v2`), { code: 'NOT_FOUND' });
    const digest = `sha256:${'0'.repeat(64)}`;
    await assert.rejects(client.images.pull(`${image}@${digest}`), { code: 'NOT_FOUND' });
    await assert.rejects(client.images.pull('UPPER/case'), { code: 'INVALID', message: /lowercase|reference format/ });
    await assert.rejects(client.images.pull('127.0.0.1:1/none'), { code: 'ENGINE', message: /connection refused/ });
  });

  test('accounts of a registry', async t => {
    const passwords = join(mkdtempSync(join(tmpdir(), 'passwords-')), 'htpasswd');
    t.after(() => rmSync(join(passwords, '..'), { recursive: true }));
    writeFileSync(passwords, htpasswd('alice', 'wonder'));
    const { host } = await startDockerRegistry(t, `auth: { htpasswd: { realm: test, path: ${passwords} } }\n`);
    const { client } = await engine();
    const image = `${host}/secret`;
    const account = { username: 'alice', password: 'wonder', serveraddress: host };
    await client.images.tag('busybox', image, 'latest');
    await assert.rejects(client.images.push(image), { code: 'UNAUTHORIZED', message: /no basic auth credentials/ });
    await client.images.push(image, { account });
    await client.images.remove(image);
    await assert.rejects(client.images.pull(image), { code: 'UNAUTHORIZED' });
    const wrong = client.images.pull(image, { account: { ...account, password: 'land' } });
    await assert.rejects(wrong, (error: Error & { code: string }) => {
      assert.equal(error.code, 'UNAUTHORIZED');
      assert.doesNotMatch(error.message, /land/);
      return true;
    });
    await client.images.pull(image, { account });
    assert.notEqual(await client.images.inspect(image), undefined);
  });

  test('a pull that is aborted, or takes too long, ends in the engine, too', async t => {
    const { downloads, host } = await slowRegistry(t);
    const { client } = await engine();
    const controller = new AbortController();
    const aborted = client.images.pull(`${host}/slow`, { signal: controller.signal });
    const failed = assert.rejects(aborted, { code: 'CANCELLED' });
    await eventually('the engine to download', () => downloads() > 0);
    controller.abort();
    await failed;
    await eventually('the engine to end its download', () => downloads() === 0);
    const late = client.images.pull(`${host}/slow`, { timeoutMs: 500 });
    await assert.rejects(late, { code: 'TIMEOUT', message: /longer than 0\.5 s/ });
    await eventually('the engine to end its download', () => downloads() === 0);
  });

  test('a registry that breaks off', async t => {
    const server = createTcpServer(socket => socket.destroy());
    const { client } = await engine();
    const host = await listening(t, server);
    await assert.rejects(client.images.pull(`${host}/broken`), { code: 'ENGINE', message: /EOF|reset/ });
  });
});

/** A registry with an image whose layer takes very long. */
async function slowRegistry(t: TestContext) {
  let downloads = 0;
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const layer = digestOf('a layer');
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer] } });
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest: digestOf(config),
    },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 10_000_000, digest: layer }],
  });
  const server = createServer(({ url = '', method }, response) => {
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    if (url.includes('/manifests/')) {
      response.writeHead(200, {
        'content-type': type,
        'content-length': manifest.length,
        'docker-content-digest': digestOf(manifest),
      });
      response.end(method === 'HEAD' ? undefined : manifest);
    } else if (url.endsWith(digestOf(config))) {
      response.end(config);
    } else if (url.endsWith(layer)) {
      downloads++;
      response.writeHead(200, { 'content-length': 10_000_000 });
      const more = setInterval(() => response.write('more'), 20);
      response.once('close', () => {
        clearInterval(more);
        downloads--;
      });
    } else {
      response.end();
    }
  });
  t.after(() => server.closeAllConnections());
  return { host: await listening(t, server), downloads: () => downloads };
}

async function listening(t: TestContext, server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
