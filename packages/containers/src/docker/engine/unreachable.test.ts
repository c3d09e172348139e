/** What is said when there is no engine, or something else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort, needs } from '@meseta/system/testing';
import type { DockerEngine } from './docker-engine.ts';
import type { EngineEndpoint } from './endpoint.ts';
import { createDockerEngine } from './engine-client.ts';

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'no-engine-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function client(t: TestContext, endpoint: EngineEndpoint): DockerEngine {
  const engine = createDockerEngine(endpoint, { timeoutMs: 5000, connectTimeoutMs: 1000 });
  t.after(() => engine.close());
  return engine;
}

async function tcp(t: TestContext, server: Server): Promise<DockerEngine> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return client(t, { kind: 'tcp', host: '127.0.0.1', port, basePath: '' });
}

/** Checks every kind of connection. */
async function rejectAll(engine: DockerEngine, expected: { code: string; message: RegExp; isAway: boolean }) {
  await assert.rejects(engine.ping(), expected);
  await assert.rejects(engine.containers.inspect('a'), expected);
  await assert.rejects(engine.containers.wait('a'), expected);
  await assert.rejects(engine.events(), expected);
  await assert.rejects(engine.containers.attach('a', { tty: false }), expected);
}

test('no socket', async t => {
  const socketPath = join(temporary(t), 'docker.sock');
  const message =
    /^Could not .* \(Docker engine at unix:\/\/\/\S+docker\.sock\): there is no such socket; is the engine started\?/;
  await rejectAll(client(t, { kind: 'unix', socketPath }), { code: 'SOCKET_MISSING', message, isAway: true });
});

test('a file that is no socket', async t => {
  const socketPath = join(temporary(t), 'docker.sock');
  writeFileSync(socketPath, '');
  const expected = { code: 'REFUSED', message: /nothing listens there/, isAway: true };
  await rejectAll(client(t, { kind: 'unix', socketPath }), expected);
});

test('a socket of another user', needs.root('it becomes another user'), async t => {
  const directory = temporary(t);
  chmodSync(directory, 0o755);
  const socketPath = join(directory, 'docker.sock');
  const server = createTcpServer();
  await new Promise<void>(resolve => server.listen(socketPath, resolve));
  t.after(() => server.close());
  chmodSync(socketPath, 0o600);
  const module = new URL('engine-client.ts', import.meta.url).href;
  const script = `
    const { createDockerEngine } = await import(${JSON.stringify(module)});
    process.setgid(65534); process.setgroups([]); process.setuid(65534);
    const engine = createDockerEngine({ kind: 'unix', socketPath: ${JSON.stringify(socketPath)} });
    await engine.ping().catch(error => console.log(error.code, error.isAway, error.message));
    await engine.close();`;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  assert.match(
    stdout,
    /^PERMISSION false .*may not connect to the socket; run it as root or add it to the group docker/,
    stderr,
  );
});

test('nothing listens on a port', async t => {
  const port = await freePort();
  const engine = client(t, { kind: 'tcp', host: '127.0.0.1', port, basePath: '' });
  await rejectAll(engine, { code: 'REFUSED', message: /nothing listens there.*\(ECONNREFUSED\)/, isAway: true });
});

test('an unknown host', async t => {
  const engine = client(t, { kind: 'tcp', host: 'no-such-host.invalid', port: 1, basePath: '' });
  await assert.rejects(engine.ping(), { code: 'UNREACHABLE', isAway: true, message: /ENOTFOUND|EAI_AGAIN/ });
});

test('a server that does not speak HTTP', async t => {
  const engine = await tcp(
    t,
    createTcpServer(socket => socket.on('error', () => undefined).end('220 mail ready\r\n')),
  );
  const message = /does not answer in HTTP/;
  await rejectAll(engine, { code: 'UNEXPECTED', message, isAway: false });
});

test('a server that ends every connection', async t => {
  const engine = await tcp(
    t,
    createTcpServer(socket => socket.destroy()),
  );
  await rejectAll(engine, { code: 'BROKEN', message: /ended the connection before its answer/, isAway: true });
});

/** A server in place of an engine; the version is that of an engine unless the handler answers. */
function web(t: TestContext, handler: RequestListener): Promise<DockerEngine> {
  return tcp(t, createServer(handler));
}

test('another server that speaks HTTP', async t => {
  const engine = await web(t, (_, response) => response.end('<html>hello</html>'));
  const message = /the answer is not that of a Docker engine: /;
  await assert.rejects(engine.version(), { code: 'UNEXPECTED', message, isAway: false });
  await assert.rejects(engine.containers.list(), { code: 'UNEXPECTED', message });
});

const versions: [name: string, version: object, message: RegExp][] = [
  [
    'too old',
    { Version: '1.9', ApiVersion: '1.21' },
    /the engine is too old: it speaks the API at most 1\.21, and this agent/,
  ],
  ['too new', { Version: '99', ApiVersion: '1.99', MinAPIVersion: '1.90' }, /the engine is too new/],
  ['without a version', { Version: '1', ApiVersion: 'new' }, /its ApiVersion is no version/],
];
for (const [name, version, message] of versions) {
  test(`an engine that is ${name}`, async t => {
    const engine = await web(t, (_, response) => response.end(JSON.stringify(version)));
    const expected = { code: 'VERSION', message, isAway: false };
    await assert.rejects(engine.containers.list(), expected);
    await assert.rejects(engine.apiVersion(), expected);
  });
}

test('an engine that is replaced by one that refuses the version', async t => {
  let apiVersion = '1.30';
  const asked: string[] = [];
  const engine = await web(t, (request, response) => {
    const { url = '' } = request;
    if (url === '/version') return response.end(JSON.stringify({ Version: '1', ApiVersion: apiVersion }));
    asked.push(url);
    if (url.startsWith(`/v${apiVersion}/`)) return response.end('[]');
    response.statusCode = 400;
    return response.end('{"message":"client version 1.30 is too old. Minimum supported API version is 1.40"}');
  });
  await engine.containers.list();
  apiVersion = '1.40';
  await engine.containers.list();
  assert.deepEqual(asked, ['/v1.30/containers/json', '/v1.30/containers/json', '/v1.40/containers/json']);
});

/** What a hostile or broken engine answers to a list, and the error. */
const answers: [name: string, answer: string, message: RegExp][] = [
  ['another type', '{}', /the list\.list is no list/],
  ['a list of something else', '[1]', /the list\.list\[0\] is no JSON object/],
  ['a container without an id', '[{}]', /the list\.list\[0\] has no Id/],
  ['labels that are no texts', '[{"Id":"a","Labels":{"x":1}}]', /Labels\['x'\] is no text/],
  ['half of an answer', '[{"Id":"a"', /the answer is not that of a Docker engine/],
];
for (const [name, answer, message] of answers) {
  test(`an engine that answers with ${name}`, async t => {
    const engine = await web(t, (request, response) =>
      response.end(request.url === '/version' ? '{"ApiVersion":"1.41"}' : answer),
    );
    await assert.rejects(engine.containers.list(), { code: 'UNEXPECTED', message });
  });
}

test('an engine that answers without end', async t => {
  const engine = await web(t, (request, response) => {
    if (request.url === '/version') return response.end('{"ApiVersion":"1.41"}');
    const piece = Buffer.alloc(65_536, ' ');
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
    return undefined;
  });
  await assert.rejects(engine.info(), { code: 'TOO_LARGE', message: /the answer has more than 8 MB/ });
  await assert.rejects(
    async () => {
      for await (const _ of await engine.events()); // to its end
    },
    { code: 'TOO_LARGE', message: /a line has more than/ },
  );
});

test('a proxy that lets no upgrade through', async t => {
  const engine = await web(t, (request, response) =>
    response.end(request.url === '/version' ? '{"ApiVersion":"1.41"}' : ''),
  );
  const message = /status 200 in place of an upgrade; a proxy in between must let upgrades through/;
  await assert.rejects(engine.containers.attach('a', { tty: false }), { code: 'UNEXPECTED', message });
});
