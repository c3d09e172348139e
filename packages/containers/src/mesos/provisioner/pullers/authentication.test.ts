import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Image } from '@meseta/protocol';
import { htpasswd, needsRegistry, startDockerRegistry } from '../../../testing/docker/registry.ts';
import type { ImageError } from '../image-error.ts';
import { removeTree } from '../remove-tree.ts';
import { makeImage, push } from '../testing/image.ts';
import { startProxy } from '../testing/proxy.ts';
import { key, testProvisioner, testPuller } from '../testing/store.ts';
import { file, tar } from '../testing/tar.ts';
import { parseChallenges } from './challenge.ts';

const image = makeImage([tar(file('a'))]);
const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
const account = (host: string, password = 'hush') => ({ auths: { [host]: { auth: basic('me', password) } } });
const wanted: Image = { type: 'DOCKER', docker: { name: 'private/image' } };

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'auth-'));
  t.after(() => removeTree(directory));
  return directory;
}

async function pull(t: TestContext, origin: string, accounts: unknown, asked = wanted): Promise<void> {
  const { provisioner } = testProvisioner(t, { puller: testPuller(origin), accounts });
  await provisioner.recover([]);
  await provisioner.provision(key('c'), asked);
}

const isRefused = (says: RegExp) => (error: ImageError) => {
  assert.equal(error.code, 'UNAUTHORIZED', error.message);
  assert.match(error.message, says);
  assert.doesNotMatch(error.message, /hush|wrong/);
  return true;
};

test('a registry with passwords', needsRegistry, async t => {
  const passwords = join(scratch(t), 'htpasswd');
  writeFileSync(passwords, htpasswd('me', 'hush'));
  const { host, origin } = await startDockerRegistry(t, `auth: { htpasswd: { realm: test, path: ${passwords} } }`);
  await push(origin, 'private/image', 'latest', image, { authorization: `Basic ${basic('me', 'hush')}` });
  await pull(t, origin, account(host));
  await pull(t, origin, account(`http://${host}/v1/`));
  await pull(t, origin, { auths: { [host]: { username: 'me', password: 'hush' } } });
  await pull(t, origin, { [host]: { auth: basic('me', 'hush') } });
  const secret = (config: unknown): Image => ({
    type: 'DOCKER',
    docker: {
      name: 'private/image',
      config: { type: 'VALUE', value: { data: Buffer.from(JSON.stringify(config)).toString('base64') } },
    },
  });
  await pull(t, origin, undefined, secret(account(host)));
  await pull(t, origin, account(host, 'wrong'), secret(account(host)));
  await assert.rejects(pull(t, origin, account(host), secret(account(host, 'wrong'))), isRefused(/another account/));
  await assert.rejects(pull(t, origin, undefined), isRefused(/--docker_config/));
  await assert.rejects(pull(t, origin, account('other.example')), isRefused(/--docker_config/));
  const reference: Image = { type: 'DOCKER', docker: { name: 'x', config: { type: 'REFERENCE' } } };
  await assert.rejects(pull(t, origin, undefined, reference), { code: 'UNSUPPORTED', message: /type VALUE/ });
});

/** Starts a server that gives tokens for a registry, to those who know the password. */
async function startTokenServer(t: TestContext, directory: string): Promise<{ auth: string; asked: string[] }> {
  const [keyFile, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const subject = ['-subj', '/CN=test', '-days', '2', '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', keyFile, '-out', certificate, ...subject],
    { stdio: 'ignore' },
  );
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://h');
    asked.push(`${request.method} ${url.search}`);
    if (request.headers.authorization !== `Basic ${basic('me', 'hush')}`) return void response.writeHead(401).end();
    const [, name] = /^repository:(.*):/.exec(url.searchParams.get('scope') ?? '') ?? [];
    response.end(JSON.stringify({ token: token(keyFile, certificate, name ?? '') }));
  });
  server.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const auth = `auth: { token: { realm: "${realm}", service: registry, issuer: test, rootcertbundle: ${certificate} } }`;
  return { auth, asked };
}

function token(keyFile: string, certificate: string, name: string): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const chain = [new X509Certificate(readFileSync(certificate)).raw.toString('base64')];
  const now = Math.floor(Date.now() / 1000);
  const access = [{ type: 'repository', name, actions: ['pull', 'push'] }];
  const times = { iat: now - 10, nbf: now - 10, exp: now + 300 };
  const claims = { iss: 'test', sub: 'me', aud: 'registry', ...times, jti: randomUUID(), access };
  const text = `${encode({ typ: 'JWT', alg: 'RS256', x5c: chain })}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), readFileSync(keyFile)).toString('base64url')}`;
}

test('a registry with tokens', needsRegistry, async t => {
  const directory = scratch(t);
  const { auth, asked } = await startTokenServer(t, directory);
  const { host, origin } = await startDockerRegistry(t, auth);
  const bearer = token(join(directory, 'key.pem'), join(directory, 'certificate.pem'), 'private/image');
  await push(origin, 'private/image', 'latest', image, { authorization: `Bearer ${bearer}` });
  await pull(t, origin, account(host));
  assert.deepEqual(asked, ['GET ?service=registry&scope=repository%3Aprivate%2Fimage%3Apull'], 'one token is enough');
  await assert.rejects(pull(t, origin, account(host, 'wrong')), isRefused(/does not take the account/));
  await assert.rejects(pull(t, origin, undefined), isRefused(/it wants an account/));
});

test('a token that stands for a password', async t => {
  const forms: string[] = [];
  const proxy = await startProxy(t, 'http://127.0.0.1:1', (incoming, response) => {
    if (incoming.url === '/token') {
      let form = '';
      incoming.on('data', chunk => (form += chunk));
      incoming.on('end', () => {
        forms.push(form);
        response.end(JSON.stringify({ access_token: 'short' }));
      });
      return true;
    }
    const isIn = incoming.headers.authorization === 'Bearer short';
    const challenge = `Bearer realm="${proxy.origin}/token",service="s",scope="repository:private/image:pull"`;
    response.writeHead(isIn ? 404 : 401, { 'www-authenticate': challenge }).end();
    return true;
  });
  const accounts = { auths: { [proxy.host]: { identitytoken: 'long' } } };
  await assert.rejects(pull(t, proxy.origin, accounts), { code: 'NOT_FOUND' });
  assert.deepEqual(Object.fromEntries(new URLSearchParams(forms[0])), {
    ...{ grant_type: 'refresh_token', client_id: 'meseta', refresh_token: 'long' },
    ...{ service: 's', scope: 'repository:private/image:pull' },
  });
});

test('the account is not sent to where a registry redirects', needsRegistry, async t => {
  const registry = await startDockerRegistry(t);
  await push(registry.origin, 'private/image', 'latest', image);
  const seen: (string | undefined)[] = [];
  const storage = await startProxy(t, registry.origin, incoming => {
    seen.push(incoming.headers.authorization);
    return false;
  });
  const front = await startProxy(t, registry.origin, (incoming, response) => {
    if (incoming.headers.authorization !== `Basic ${basic('me', 'hush')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      return true;
    }
    if (!incoming.url?.includes('/blobs/')) return false;
    response.writeHead(307, { location: `${storage.origin}${incoming.url}` }).end();
    return true;
  });
  await pull(t, front.origin, account(front.host));
  assert.equal(seen.length, 2);
  assert.deepEqual(new Set(seen), new Set([undefined]));
});

for (const [name, location, says] of [
  ['in a circle', undefined, /redirects more than 10 times/],
  ['to a file', 'file:///etc/passwd', /redirects to 'file:\/\/\/etc\/passwd', which is no address of https/],
] as const) {
  test(`a registry that redirects ${name}`, async t => {
    const proxy = await startProxy(t, 'http://127.0.0.1:1', (incoming, response) => {
      response.writeHead(302, { location: location ?? incoming.url }).end();
      return true;
    });
    await assert.rejects(pull(t, proxy.origin, undefined), { code: 'REGISTRY', message: says });
  });
}

test('a registry that wants a token from no address', async t => {
  const proxy = await startProxy(t, 'http://127.0.0.1:1', (_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Bearer realm="file:///etc/passwd"' }).end();
    return true;
  });
  await assert.rejects(pull(t, proxy.origin, undefined), { code: 'REGISTRY', message: /no address to get one from/ });
});

test('challenges are parsed', () => {
  const parse = (header: string) =>
    parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  assert.deepEqual(parse('Bearer realm="https://a/b",service="s, t",scope="x\\"y"'), [
    ['bearer', { realm: 'https://a/b', service: 's, t', scope: 'x"y' }],
  ]);
  assert.deepEqual(parse('Basic realm="a", Bearer realm=b , x = "c",Digest'), [
    ['basic', { realm: 'a' }],
    ['bearer', { realm: 'b', x: 'c' }],
    ['digest', {}],
  ]);
  for (const text of ['', '=', '"', 'Basic "', ',,,', 'a=b']) assert.ok(parse(text).length <= 1, text);
});
