/** TLS with a real engine: who is who, and what is said when it is not. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test as testAnywhere } from 'node:test';
import { Authority } from '@meseta/process/testing';
import { busybox, needsDocker, sharedEngine } from '../../testing/docker/index.ts';
import type { DockerEngine } from './docker-engine.ts';
import { engineEndpoint } from './endpoint.ts';
import { createDockerEngine } from './engine-client.ts';

const need = needsDocker;
const test = (name: string, body: (t: TestContext) => Promise<void>) => void testAnywhere(name, need, body);

describe('TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'engine-tls-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  let prepared = false;
  const authorities = () => {
    const good = new Authority(directory, 'good');
    const other = new Authority(directory, 'other');
    const server = good.issue('server', { names: 'DNS:engine.test,IP:127.0.0.1' });
    copyFileSync(server.certFile, join(directory, 'server-cert.pem'));
    copyFileSync(server.keyFile, join(directory, 'server-key.pem'));
    copyFileSync(good.caFile, join(directory, 'ca.pem'));
    directoryOf('right', good, good);
    directoryOf('wrong-ca', other, good);
    directoryOf('wrong-certificate', good, other);
    directoryOf('expired', good, good, true);
    directoryOf('no-certificate', good, undefined);
  };

  /** Makes a directory as in DOCKER_CERT_PATH. */
  function directoryOf(name: string, trusted: Authority, own: Authority | undefined, expired = false): void {
    mkdirSync(join(directory, name));
    copyFileSync(trusted.caFile, join(directory, name, 'ca.pem'));
    if (own === undefined) return;
    const { certFile, keyFile } = own.issue(`client-${name}`, { expired });
    copyFileSync(certFile, join(directory, name, 'cert.pem'));
    copyFileSync(keyFile, join(directory, name, 'key.pem'));
  }

  const shared = sharedEngine({ tls: directory });
  const engine = () => {
    if (!prepared) authorities();
    prepared = true;
    return shared();
  };

  async function clientOf(name: string | undefined, host = '127.0.0.1'): Promise<DockerEngine> {
    const { port } = await engine();
    const flags = {
      docker_host: `tcp://${host}:${port}`,
      ...(name !== undefined && { docker_tls_verify: true, docker_cert_path: join(directory, name) }),
    };
    return createDockerEngine(engineEndpoint(flags, {}));
  }

  test('calls, streams and upgraded connections', async t => {
    const client = await clientOf('right');
    t.after(() => client.close());
    await client.ping();
    const { id } = await client.containers.create('tls-1', {
      Image: busybox,
      Cmd: ['cat'],
      OpenStdin: true,
      StdinOnce: true,
    });
    const events = await client.events({ filters: { event: ['die'] } });
    const attached = await client.containers.attach(id, { tty: false, stdin: true });
    await client.containers.start(id);
    await attached.write('hello');
    attached.endInput();
    let text = '';
    for await (const { data } of attached) text += data;
    assert.equal(text, 'hello');
    for await (const event of events) {
      assert.equal(event.id, id);
      break;
    }
    assert.equal((await client.containers.wait(id)).exitCode, 0);
  });

  const refused: [what: string, directory: string | undefined, host: string, code: string, message: RegExp][] = [
    [
      'another authority',
      'wrong-ca',
      '127.0.0.1',
      'TLS_AUTHORITY',
      /not of the authority in ca\.pem; use the ca\.pem of/,
    ],
    [
      'another host name',
      'right',
      'localhost',
      'TLS_HOST_NAME',
      /certificate is for DNS:engine\.test, IP Address:127\.0\.0\.1; use a name/,
    ],
    [
      'no client certificate',
      'no-certificate',
      '127.0.0.1',
      'TLS_CLIENT_CERTIFICATE',
      /put its cert\.pem and key\.pem into/,
    ],
    [
      "another authority's client certificate",
      'wrong-certificate',
      '127.0.0.1',
      'TLS_CLIENT_CERTIFICATE',
      /its authority has signed/,
    ],
    ['an expired client certificate', 'expired', '127.0.0.1', 'TLS_CLIENT_CERTIFICATE', /has not expired/],
    [
      'no TLS',
      undefined,
      '127.0.0.1',
      'TLS',
      /the engine speaks TLS there; set --docker_tls_verify and --docker_cert_path/,
    ],
  ];
  for (const [what, name, host, code, message] of refused) {
    test(`${what} is refused by every kind of connection`, async t => {
      const client = await clientOf(name, host);
      t.after(() => client.close());
      const expected = { name: 'EngineError', code, message, isAway: false };
      await assert.rejects(client.ping(), expected);
      await assert.rejects(client.containers.list(), expected);
      await assert.rejects(client.events(), expected);
      await assert.rejects(client.containers.attach('a', { tty: false }), expected);
    });
  }
});

describe('an engine without TLS', () => {
  const engine = sharedEngine({ tcp: true });

  test('is reached over TCP, and not with TLS', async t => {
    const { port } = await engine();
    const plain = createDockerEngine({ kind: 'tcp', host: '127.0.0.1', port, basePath: '' });
    t.after(() => plain.close());
    await plain.ping();
    assert.deepEqual(await plain.containers.list({ all: true }), []);
    const directory = mkdtempSync(join(tmpdir(), 'engine-tls-'));
    t.after(() => rmSync(directory, { recursive: true }));
    copyFileSync(new Authority(directory, 'any').caFile, join(directory, 'ca.pem'));
    const flags = { docker_host: `tcp://127.0.0.1:${port}`, docker_tls_verify: true, docker_cert_path: directory };
    const secure = createDockerEngine(engineEndpoint(flags, {}));
    t.after(() => secure.close());
    await assert.rejects(secure.ping(), {
      code: 'TLS',
      isAway: false,
      message: /does not speak TLS there; check the port/,
    });
  });
});
