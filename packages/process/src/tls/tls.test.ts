/** Two processes of libprocess, and a client of HTTP, over TLS. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { eventually } from '@meseta/system/testing';
import { HttpClient } from '../http/client.ts';
import { text } from '../http/reply.ts';
import { HttpServer } from '../http/server.ts';
import { Libprocess } from '../libprocess/transport.ts';
import { Authority, type Issued, tlsVariables } from '../testing.ts';
import { clientTls, daemonTls, type Tls } from './tls.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'tls-'));
after(() => rmSync(directory, { recursive: true }));
const authority = new Authority(directory);
const foreign = new Authority(directory, 'foreign');
const own = authority.issue('own');

type Variables = Readonly<Record<string, string>>;

/** A process with an actor `a`. */
async function start(t: TestContext, variables: Variables | undefined) {
  const reports: string[] = [];
  const report = (level: string, message: string) => void reports.push(`${level}: ${message}`);
  const tls = variables && daemonTls(variables, report);
  const server = new HttpServer({ handler: ({ path: asked }) => text(200, asked), tls, report });
  const { port } = await server.listen('127.0.0.1', 0);
  const owners = { ofConnection: async () => process.geteuid?.(), ofListener: async () => undefined };
  const libprocess = new Libprocess(server, { owners, report });
  const messages: string[] = [];
  libprocess.install('a', 'm', (_, body) => void messages.push(String(body)));
  t.after(async () => {
    libprocess.close();
    await server.close(0);
  });
  return { tls, server, port, libprocess, messages, reports, pid: libprocess.pid('a') };
}

const trusting = (more: Variables = {}, certificate: Issued = own) => tlsVariables(certificate, authority.caFile, more);

/** Sends one message. @returns why it could not be sent; undefined when it has arrived. */
async function send(t: TestContext, from: Variables | undefined, to: Variables | undefined) {
  const [sender, receiver] = [await start(t, from), await start(t, to)];
  let problem: Error | undefined | null = null;
  sender.libprocess.link(receiver.pid, (_, error) => {
    problem = error;
  });
  sender.libprocess.send(receiver.pid, 'a', 'm', Buffer.from('hello'));
  await eventually('the message, or the end', () => receiver.messages.length > 0 || problem !== null);
  return receiver.messages.length > 0 ? undefined : (problem ?? new Error('closed'));
}

const off = { VERIFY_SERVER_CERT: 'false' };
const openssl = { HOSTNAME_VALIDATION_SCHEME: 'openssl' };
const through = authority.issue('intermediate', { isAuthority: true });

test('a message, over a chain of certificates', async t => {
  const leaf = new Authority(directory, 'between', through).issue('leaf');
  const chain = path.join(directory, 'chain.pem');
  writeFileSync(chain, readFileSync(leaf.certFile, 'utf8') + readFileSync(through.certFile, 'utf8'));
  const server = trusting({}, { certFile: chain, keyFile: leaf.keyFile });
  assert.equal(await send(t, trusting(), server), undefined);
  const refused = await send(t, trusting({ VERIFICATION_DEPTH: '0' }), server);
  assert.match(refused?.message ?? '', /longer than LIBPROCESS_SSL_VERIFICATION_DEPTH=0 allows/);
});

const arriving: [name: string, from: Variables | undefined, to: Variables | undefined][] = [
  ['with the address in the certificate', trusting(openssl), trusting()],
  [
    'with the name of the address in the certificate',
    trusting({ VERIFY_IPADD: 'false' }),
    trusting({}, authority.issue('named', { names: 'DNS:localhost' })),
  ],
  ['with certificates of both', trusting({ REQUIRE_CLIENT_CERT: 'true' }), trusting({ REQUIRE_CLIENT_CERT: 'true' })],
  [
    'with an expired certificate that is not verified',
    trusting(off),
    trusting({}, authority.issue('late', { expired: true })),
  ],
  ['with a directory of authorities', trusting({ CA_FILE: foreign.caFile, CA_DIR: authority.directory }), trusting()],
  ['by TLS 1.2', trusting({ ENABLE_TLS_V1_3: 'false' }), trusting()],
  [
    'by TLS 1.3 with chosen ciphers for 1.2',
    trusting({ ENABLE_TLS_V1_2: 'false', CIPHERS: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
    trusting(),
  ],
  [
    'by the versions that are weak',
    trusting({ ENABLE_TLS_V1_1: '1', ENABLE_TLS_V1_2: '0', ENABLE_TLS_V1_3: '0' }),
    trusting({ ENABLE_TLS_V1_1: '1' }),
  ],
  ['to a peer without TLS, where that is allowed', trusting({ SUPPORT_DOWNGRADE: 'true' }), undefined],
  ['from a peer without TLS, where that is allowed', undefined, trusting({ SUPPORT_DOWNGRADE: 'true' })],
];
for (const [name, from, to] of arriving) {
  test(`a message arrives: ${name}`, async t => assert.equal(await send(t, from, to), undefined));
}

const refused: [name: string, from: Variables | undefined, to: Variables | undefined, code: RegExp][] = [
  ['another authority', trusting(), tlsVariables(foreign.issue('x'), foreign.caFile), /SELF_SIGNED_CERT_IN_CHAIN/],
  [
    'an expired certificate',
    trusting(),
    trusting({}, authority.issue('expired', { expired: true })),
    /CERT_HAS_EXPIRED/,
  ],
  [
    'another name',
    trusting(),
    trusting({}, authority.issue('other', { names: 'DNS:other.example,IP:10.1.2.3' })),
    /ALTNAME_INVALID/,
  ],
  [
    'an address that does not count',
    trusting({ VERIFY_IPADD: 'false' }),
    trusting({}, authority.issue('ip', { names: 'IP:127.0.0.1' })),
    /ALTNAME/,
  ],
  ['a peer without TLS', trusting(), undefined, /ERR_SSL_/],
  ['no TLS', undefined, trusting(), /closed|ECONNRESET|EPIPE/],
  [
    'another authority, a downgrade being allowed',
    trusting({ SUPPORT_DOWNGRADE: 'true' }),
    tlsVariables(foreign.issue('y'), foreign.caFile, { SUPPORT_DOWNGRADE: 'true' }),
    /SELF_SIGNED_CERT_IN_CHAIN/,
  ],
  [
    'no version in common',
    trusting({ ENABLE_TLS_V1_3: '0' }),
    trusting({ ENABLE_TLS_V1_2: '0' }),
    /ALERT_PROTOCOL_VERSION/,
  ],
];
for (const [name, from, to, code] of refused) {
  test(`a message does not arrive: ${name}`, async t => {
    const problem = await send(t, from, to);
    assert.match(`${(problem as NodeJS.ErrnoException)?.code} ${problem?.message}`, code);
  });
}

test('the refusal of a server is logged, with what its certificate is for', async t => {
  const [sender, receiver] = [
    await start(t, trusting()),
    await start(t, trusting({}, authority.issue('z', { names: 'DNS:z.example' }))),
  ];
  for (let round = 0; round < 2; round++) {
    await new Promise<void>(resolve => sender.libprocess.link(receiver.pid, () => resolve()));
  }
  assert.equal(sender.reports.length, 1, `${sender.reports}`);
  assert.match(
    sender.reports[0] ?? '',
    /^warn: Refused the connection to 127\.0\.0\.1:\d+: the certificate is for DNS:z\.example and not for .*127\.0\.0\.1: make one that names it$/,
  );
});

/** A client that needs nothing but the authority. */
const client = (port: number, variables: Variables) =>
  new HttpClient(`https://127.0.0.1:${port}`, { tls: clientTls(variables) });

async function ask(t: TestContext, port: number, variables: Variables): Promise<string> {
  const http = client(port, variables);
  t.after(() => http.close());
  return String(await (await http.request('GET', '/there')).bytes());
}

const caOnly = { LIBPROCESS_SSL_CA_FILE: authority.caFile };

test('a client of HTTP, which verifies unless it must not', async t => {
  const { port } = await start(t, trusting());
  assert.equal(await ask(t, port, caOnly), '/there');
  await assert.rejects(
    ask(t, port, {}),
    /127\.0\.0\.1:\d+: no trusted authority has signed the certificate \(\w+\): name the file/,
  );
  assert.equal(await ask(t, port, { LIBPROCESS_SSL_VERIFY_SERVER_CERT: 'false' }), '/there');
});

test('a client of HTTP where certificates are required', async t => {
  const { port } = await start(t, trusting({ REQUIRE_CLIENT_CERT: 'true' }));
  assert.match(await ask(t, port, caOnly), /^Refused: a certificate of the client is required, and there is none$/m);
  const mine = authority.issue('mine');
  const variables = { ...caOnly, LIBPROCESS_SSL_CERT_FILE: mine.certFile, LIBPROCESS_SSL_KEY_FILE: mine.keyFile };
  assert.equal(await ask(t, port, variables), '/there');
});

test('a client of HTTP and a server without TLS', async t => {
  const { port } = await start(t, undefined);
  await assert.rejects(ask(t, port, caOnly), /it does not speak TLS: use http:\/\/ in place of https:\/\//);
  assert.equal(await ask(t, port, { ...caOnly, LIBPROCESS_SSL_SUPPORT_DOWNGRADE: 'true' }), '/there');
});

/** Connects, and tells whether the handshake was a short one. */
async function isResumed(tls: Tls, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = tls.connect({ host: '127.0.0.1', port }, resolve) as TLSSocket;
  await promise;
  socket.write('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data'); // the session has come before
  const resumed = socket.isSessionReused();
  socket.destroy();
  return resumed;
}

test('a second connection resumes the session of the first, until certificates are read again', async t => {
  const { port, tls: server } = await start(t, trusting());
  const tls = clientTls(trusting());
  assert.deepEqual([await isResumed(tls, port), await isResumed(tls, port)], [false, true]);
  server?.reload();
  assert.equal(await isResumed(tls, port), false);
  tls.reload();
  assert.equal(await isResumed(tls, port), false);
});

test('no session is resumed where certificates of clients are required: each is checked', async t => {
  const { port } = await start(t, trusting({ REQUIRE_CLIENT_CERT: 'true' }));
  for (const variables of [trusting(), caOnly, trusting({ ENABLE_TLS_V1_3: '0' })]) {
    const tls = clientTls(variables);
    assert.deepEqual([await isResumed(tls, port), await isResumed(tls, port)], [false, false]);
  }
});

test('certificates that are read again count for new connections, and a broken file changes nothing', async t => {
  const at = (name: string) => path.join(directory, `rotated-${name}`);
  const files: Issued = { certFile: at('cert'), keyFile: at('key') };
  const install = (from: Authority, name: string) => {
    const { certFile, keyFile } = from.issue(name);
    copyFileSync(certFile, files.certFile);
    copyFileSync(keyFile, files.keyFile);
  };
  install(authority, 'first');
  const { port, tls, reports } = await start(t, tlsVariables(files, authority.caFile));
  const http = client(port, caOnly);
  t.after(() => http.close());
  const get = async () => String(await (await http.request('GET', '/there')).bytes());
  assert.equal(await get(), '/there');
  writeFileSync(files.keyFile, 'nonsense');
  assert.equal(tls?.reload(), false);
  assert.match(
    reports.at(-1) ?? '',
    /^error: Kept the keys and certificates that were read before: The file .*rotated-key/,
  );
  assert.equal(await ask(t, port, caOnly), '/there');
  install(foreign, 'second');
  assert.equal(tls?.reload(), true);
  assert.equal(await get(), '/there'); // the open connection goes on
  await assert.rejects(ask(t, port, caOnly), /no trusted authority/);
  assert.equal(await ask(t, port, { LIBPROCESS_SSL_CA_FILE: foreign.caFile }), '/there');
});

test('a key that others may read is warned of', async t => {
  const { keyFile, certFile } = authority.issue('open');
  chmodSync(keyFile, 0o644);
  const { reports } = await start(t, trusting({}, { keyFile, certFile }));
  assert.deepEqual(reports, [
    `warn: Every user may read the key ${keyFile} (LIBPROCESS_SSL_KEY_FILE): chmod o= ${keyFile}`,
  ]);
});

const unusable: [name: string, variables: Variables, message: RegExp][] = [
  [
    'a key of another certificate',
    { KEY_FILE: foreign.issue('k').keyFile },
    /does not belong to the certificate .*own\.pem \(LIBPROCESS_SSL_CERT_FILE\)$/,
  ],
  ['no file', { CERT_FILE: '/none' }, /^The file \/none \(LIBPROCESS_SSL_CERT_FILE\) cannot be read: no such file/],
  [
    'a key in place of a certificate',
    { CERT_FILE: own.keyFile },
    /\(LIBPROCESS_SSL_CERT_FILE\) has no certificate in PEM$/,
  ],
  [
    'a certificate in place of a key',
    { KEY_FILE: own.certFile },
    /\(LIBPROCESS_SSL_KEY_FILE\) is no private key in PEM$/,
  ],
  [
    'no authorities',
    { CA_DIR: mkdtempSync(path.join(directory, 'empty-')) },
    /\(LIBPROCESS_SSL_CA_DIR\) has no certificates/,
  ],
  ['ciphers', { CIPHERS: 'nope' }, /^LIBPROCESS_SSL_CIPHERS='nope': OpenSSL .* knows none/],
  ['curves', { ECDH_CURVES: 'nope' }, /^LIBPROCESS_SSL_ECDH_CURVES='nope'/],
];
for (const [name, variables, message] of unusable) {
  test(`refused at the start: ${name}`, () => {
    assert.throws(() => daemonTls(trusting(variables), () => undefined), { code: 'TLS_UNUSABLE', message });
  });
}
