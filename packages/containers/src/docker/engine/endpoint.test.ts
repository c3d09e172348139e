/** Where the engine is, by flags and environment. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Authority } from '@meseta/process/testing';
import {
  dockerHostProblem,
  dockerSocketProblem,
  type EngineFlags,
  type EngineSettingsError,
  engineEndpoint,
  formatEndpoint,
} from './endpoint.ts';

type Env = Record<string, string>;

const directory = mkdtempSync(join(tmpdir(), 'endpoint-'));
after(() => rmSync(directory, { recursive: true }));

const found: [name: string, flags: EngineFlags, env: Env, expected: string][] = [
  ['nothing is set', {}, {}, 'unix:///var/run/docker.sock'],
  ["the flag's default", { docker_socket: '/var/run/docker.sock' }, {}, 'unix:///var/run/docker.sock'],
  ['the environment', { docker_socket: '/var/run/docker.sock' }, { DOCKER_HOST: 'tcp://a:1' }, 'tcp://a:1'],
  ['an empty variable', {}, { DOCKER_HOST: '' }, 'unix:///var/run/docker.sock'],
  ['a socket wins over the environment', { docker_socket: '/a.sock' }, { DOCKER_HOST: 'tcp://a:1' }, 'unix:///a.sock'],
  ['a socket with its scheme', { docker_socket: 'unix:///a.sock' }, {}, 'unix:///a.sock'],
  ['a host wins over a socket', { docker_host: 'tcp://b:2', docker_socket: '/a.sock' }, {}, 'tcp://b:2'],
  ['a host wins over the environment', { docker_host: 'unix:///b' }, { DOCKER_HOST: 'tcp://a:1' }, 'unix:///b'],
  ['the usual port', { docker_host: 'tcp://b' }, {}, 'tcp://b:2375'],
  ['port 80', { docker_host: 'tcp://b:80' }, {}, 'tcp://b:80'],
  ['a path of a proxy', { docker_host: 'tcp://b:1/engines/a/' }, {}, 'tcp://b:1/engines/a'],
  ['IPv6', { docker_host: 'tcp://[::1]:1' }, {}, 'tcp://[::1]:1'],
  ['IPv6 without a port', { docker_host: 'tcp://[::1]' }, {}, 'tcp://[::1]:2375'],
];
for (const [name, flags, env, expected] of found) {
  test(name, () => assert.equal(formatEndpoint(engineEndpoint(flags, env)), expected));
}

const refused: [text: string, problem: RegExp][] = [
  ['', /allowed: unix:\/\/\/PATH or tcp:\/\/HOST:PORT$/],
  ['/var/run/docker.sock', /allowed: unix/],
  ['http://a:1', /write tcp:\/\/ in place of http:\/\//],
  ['ssh://a', /make a tunnel/],
  ['fd://', /allowed: unix/],
  ['unix://docker.sock', /the absolute path of a socket/],
  [`unix:///${'x'.repeat(200)}`, /at most 107 bytes/],
  ['tcp://', /the host or the port is not valid/],
  ['tcp://a:99999', /the host or the port is not valid/],
  ['tcp://a:b', /the host or the port is not valid/],
  ['tcp://a b:1', /the host or the port is not valid/],
  ['tcp://a:1?x', /the host or the port is not valid/],
  ['tcp://user:pw@a:1', /no users and passwords/],
];
for (const [text, problem] of refused) {
  test(`--docker_host=${text.slice(0, 30)} is refused`, () => assert.match(dockerHostProblem(text) ?? '', problem));
}

test('an invalid variable is named, without its password', () => {
  const read = () => engineEndpoint({}, { DOCKER_HOST: 'tcp://user:secret@a:1' });
  assert.throws(read, (error: EngineSettingsError) => {
    assert.match(error.message, /^DOCKER_HOST='tcp:\/\/\*\*\*@a:1': an engine has no users/);
    return error.code === 'ENGINE_SETTINGS';
  });
});

test('--docker_socket takes a path', () => {
  assert.equal(dockerSocketProblem('/a'), undefined);
  assert.equal(dockerSocketProblem('unix:///a'), undefined);
  assert.match(dockerSocketProblem('a') ?? '', /absolute path/);
});

test('TLS by variables and flags', () => {
  const authority = new Authority(directory, 'good');
  const { certFile, keyFile } = authority.issue('cert');
  const at = (name: string) => join(directory, 'good', name);
  copyFileSync(keyFile, at('key.pem'));
  copyFileSync(certFile, at('cert.pem'));
  const of = (flags: EngineFlags, env: Env) => {
    const endpoint = engineEndpoint({ docker_host: 'tcp://a', ...flags }, env);
    assert.equal(endpoint.kind, 'tcp');
    return endpoint.kind === 'tcp' ? `${endpoint.port} ${endpoint.tls?.key !== undefined}` : '';
  };
  const path = join(directory, 'good');
  assert.equal(of({}, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path }), '2376 true');
  assert.equal(of({ docker_tls_verify: true, docker_cert_path: path }, { DOCKER_CERT_PATH: '/none' }), '2376 true');
  assert.equal(of({ docker_tls_verify: false }, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/none' }), '2375 false');
  assert.equal(of({}, { DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: path }), '2375 false');
  assert.equal(of({ docker_host: 'tcp://a:1' }, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path }), '1 true');
});

const files: [name: string, files: Record<string, string>, message: RegExp][] = [
  ['no authority', {}, /needs the certificate of its authority: there is no \S+\/ca\.pem \(--docker_cert_path\)$/],
  ['another file', { 'ca.pem': 'hello' }, /ca\.pem has no certificate in PEM$/],
  ['a damaged authority', { 'ca.pem': pem('CERTIFICATE') }, /A certificate in \S+\/ca\.pem is damaged$/],
];
for (const [name, contents, message] of files) {
  test(`TLS with ${name} is refused`, () => {
    const path = mkdtempSync(join(directory, 'files-'));
    for (const [file, text] of Object.entries(contents)) writeFileSync(join(path, file), text);
    const flags = { docker_host: 'tcp://a', docker_tls_verify: true, docker_cert_path: path };
    assert.throws(() => engineEndpoint(flags, {}), { code: 'ENGINE_SETTINGS', message });
  });
}

test('the key of another certificate is refused', () => {
  const authority = new Authority(directory, 'mixed');
  copyFileSync(authority.issue('a').certFile, join(directory, 'mixed/cert.pem'));
  copyFileSync(authority.issue('b').keyFile, join(directory, 'mixed/key.pem'));
  const flags = { docker_host: 'tcp://a', docker_tls_verify: true, docker_cert_path: join(directory, 'mixed') };
  assert.throws(() => engineEndpoint(flags, {}), { message: /key\.pem is not the key of cert\.pem$/ });
});

function pem(what: string): string {
  return `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`;
}

for (const [there, missing] of [
  ['cert.pem', 'key.pem'],
  ['key.pem', 'cert.pem'],
] as const) {
  test(`${there} without ${missing} is refused`, () => {
    const authority = new Authority(directory, `without-${missing}`);
    const { certFile, keyFile } = authority.issue('own');
    copyFileSync(there === 'cert.pem' ? certFile : keyFile, join(authority.directory, there));
    const flags = { docker_host: 'tcp://a', docker_tls_verify: true, docker_cert_path: authority.directory };
    const message = new RegExp(`has ${there} but no ${missing}: a certificate needs both$`);
    assert.throws(() => engineEndpoint(flags, {}), { message });
  });
}
