/** Registries that refuse, or send what is of no use: a real Docker engine pulls from them, and the status of the task says what happened. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import { dockerScene, inDocker } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';

const engine = sharedEngine();

const digestOf = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const mediaType = (name: string) => `application/vnd.docker.${name}+json`;
const manifest = mediaType('distribution.manifest.v2');
const list = mediaType('distribution.manifest.list.v2');
const layer = digestOf('layer');
const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer] } });
const image = JSON.stringify({
  ...{ schemaVersion: 2, mediaType: manifest },
  config: { mediaType: mediaType('container.image.v1'), size: config.length, digest: digestOf(config) },
  layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 5, digest: layer }],
});
const foreign = JSON.stringify({
  ...{ schemaVersion: 2, mediaType: list },
  manifests: [{ mediaType: manifest, size: 5, digest: layer, platform: { architecture: 'none', os: 'linux' } }],
});

const json = (response: ServerResponse, status: number, code: string) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ errors: [{ code, message: `words of ${code}` }] }));
const send = (response: ServerResponse, type: string, content: string) =>
  response.writeHead(200, { 'content-type': type, 'content-length': content.length }).end(content);

/** By the name of the image: what the registry answers, and what the status has of it. */
const cases: Readonly<Record<string, { answer(response: ServerResponse, path: string): void; says: RegExp }>> = {
  unauthorized: {
    answer: response => json(response, 401, 'UNAUTHORIZED'),
    says: /words of UNAUTHORIZED; there is no such image, or it needs an account/,
  },
  denied: {
    answer: response => json(response, 403, 'DENIED'),
    says: /words of DENIED .*; there is no such image, or it needs an account/,
  },
  limited: {
    answer: response => json(response, 429, 'TOOMANYREQUESTS'),
    says: /words of TOOMANYREQUESTS; the registry limits how often it is asked/,
  },
  failing: { answer: response => response.writeHead(500).end(), says: /500 Internal Server Error/ },
  unknown: {
    answer: response => json(response, 404, 'MANIFEST_UNKNOWN'),
    says: /manifest unknown.*; the registry has no such image/,
  },
  circle: {
    answer: (response, path) => response.writeHead(307, { location: path }).end(),
    says: /stopped after 10 redirects; that is no answer of a registry/,
  },
  garbage: { answer: response => send(response, manifest, '?'), says: /; that is no answer of a registry/ },
  foreign: {
    answer: response => send(response, list, foreign),
    says: /no matching manifest .*; the image is not for the engine's kind of machine/,
  },
  changed: {
    answer: (response, path) =>
      path.includes('/manifests/')
        ? send(response, manifest, image)
        : send(response, 'application/octet-stream', path.endsWith(layer) ? 'other' : config),
    says: /verification failed for digest .*; what the registry sent is not what was asked for/,
  },
};

/** @returns its host and port. */
async function registryOfCases(t: TestContext): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const [, , name = ''] = url.split('/');
    if (name === '') send(response, 'application/json', '{}');
    else cases[name]?.answer(response, url);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('each answer of a registry that is of no use', needsDocker, async t => {
  const { framework } = await dockerScene(t, await engine());
  const host = await registryOfCases(t);
  for (const [name, { says }] of Object.entries(cases)) {
    await t.test(name, async () => {
      await framework.run({ ...shellTask(name, 'true'), ...inDocker({ image: `${host}/${name}/image:1` }) });
      const { state, message = '' } = await framework.end(name);
      assert.equal(state, 'TASK_FAILED');
      assert.match(message, /^Failed to launch container: Could not pull image /);
      assert.match(message, says);
    });
  }
});
