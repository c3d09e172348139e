/** A server that speaks TLS, over loopback: requests, streams and libprocess messages go over it, nothing else does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectPlainly, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { eventually } from '@meseta/system/testing';
import { Libprocess } from '../libprocess/transport.ts';
import type { Admit } from '../owners/owner-only.ts';
import { Authority, type Issued, rawClient, tlsVariables } from '../testing.ts';
import { daemonTls } from '../tls/tls.ts';
import { EventStream } from './event-stream.ts';
import type { HttpLimits } from './limits.ts';
import { text } from './reply.ts';
import type { Request } from './request.ts';
import type { Handler } from './response.ts';
import { HttpServer } from './server.ts';
import { TlsConnections } from './tls.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'tls-'));
after(() => rmSync(directory, { recursive: true }));

const authority = new Authority(directory);
const own = authority.issue('own');
const ca = readFileSync(authority.caFile, 'utf8');

interface Started {
  readonly server: HttpServer;
  readonly port: number;
  readonly seen: Request[];
  readonly messages: string[];
  readonly reports: string[];
}

interface Options {
  /** Variables, without their prefix. */
  readonly tls?: Readonly<Record<string, string>>;
  readonly limits?: Partial<HttpLimits>;
  readonly handler?: Handler;
  readonly admit?: Admit;
}

const echo: Handler = async request => text(200, `${request.path} ${await request.body()}`);

async function start(t: TestContext, { tls = {}, limits = {}, handler = echo, admit }: Options = {}): Promise<Started> {
  const [seen, messages, reports]: [Request[], string[], string[]] = [[], [], []];
  const report = (level: string, message: string) => void reports.push(`${level}: ${message}`);
  const variables = tlsVariables(own, authority.caFile, tls);
  const server = new HttpServer({
    ...{ tls: daemonTls(variables, report), limits, calls: ['/calls'], ...(admit && { admit }) },
    report,
    handler: request => {
      seen.push(request);
      return handler(request);
    },
  });
  const libprocess = new Libprocess(server, {
    owners: { ofConnection: async () => process.geteuid?.(), ofListener: async () => undefined },
    report: () => undefined,
  });
  libprocess.install('master', 'a.B', (from, body) => void messages.push(`${from.id} ${body}`));
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(async () => {
    libprocess.close();
    await server.close(0);
  });
  return { server, port, seen, messages, reports };
}

/** A client that trusts the server's certificate, and what it received. */
async function secureClient(t: TestContext, port: number, theirs?: Issued) {
  const certificate = theirs && { key: readFileSync(theirs.keyFile), cert: readFileSync(theirs.certFile) };
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, ...certificate });
  t.after(() => socket.destroy());
  let received = '';
  socket.on('data', data => {
    received += data;
  });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return { socket, text: () => received };
}

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const message = (fields: string, body: string) =>
  `POST /master/a.B HTTP/1.1\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;

test('requests, pipelined and with a body, and calls to a stream', async t => {
  const { port, seen, server } = await start(t);
  const client = await secureClient(t, port);
  client.socket.write(get('/a') + get('/b'));
  client.socket.write(
    'POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  );
  await eventually('three answers', () => client.text().endsWith('/c hello'));
  const calls = await secureClient(t, port);
  calls.socket.write('POST /calls HTTP/1.1\r\nMesos-Stream-Id: x\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}');
  await eventually('the answer to the call', () => calls.text().endsWith('/calls {}'));
  assert.deepEqual(
    seen.map(request => request.path),
    ['/a', '/b', '/c', '/calls'],
  );
  assert.equal(seen[0]?.peer.port, client.socket.localPort);
  assert.equal(server.connections, 2);
});

test('another protocol, after a request for it', async t => {
  const variables = tlsVariables(own, authority.caFile);
  const take = (socket: Socket) => void socket.on('data', data => socket.write(`echo ${data}`));
  const server = new HttpServer({
    tls: daemonTls(variables, () => undefined),
    upgrades: ['echo'],
    handler: () => ({ status: 101, take }),
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  const client = await secureClient(t, port);
  client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await eventually('the switch', () => client.text().endsWith('\r\n\r\n'));
  client.socket.write('hello');
  await eventually('the echo', () => client.text().endsWith('echo hello'));
});

test('a libprocess message, of libprocess itself and of other clients', async t => {
  const { port, messages } = await start(t);
  const client = await secureClient(t, port);
  client.socket.write(message('User-Agent: libprocess/a@127.0.0.1:1\r\n', 'one'));
  client.socket.write(message('Libprocess-From: b@127.0.0.1:1\r\nX: y\r\n', 'two'));
  await eventually('both', () => messages.length === 2);
  assert.deepEqual(messages, ['a one', 'b two']);
});

test('an event stream, which ends with the server', async t => {
  const stream = new EventStream();
  const { port, server } = await start(t, { handler: () => ({ status: 200, body: stream }) });
  const client = await secureClient(t, port);
  client.socket.write(get('/events'));
  stream.send('event');
  await eventually('the event', () => client.text().includes('5\r\nevent\r\n'));
  const closed = once(client.socket, 'close');
  await server.close(1000);
  await closed;
  assert.ok(client.text().endsWith('0\r\n\r\n'));
});

test('a request under way is answered before the server closes', async t => {
  const gate = Promise.withResolvers<void>();
  const { port, server, seen } = await start(t, {
    handler: async () => {
      await gate.promise;
      return text(200, 'late');
    },
  });
  const client = await secureClient(t, port);
  client.socket.write(get('/late'));
  await eventually('the request', () => seen.length === 1);
  const closed = server.close(60_000);
  gate.resolve();
  await closed;
  await eventually('the answer', () => client.text().endsWith('late'));
});

test('a connection without TLS is refused in words', async t => {
  const { port, seen, messages } = await start(t);
  for (const bytes of [get('/a'), message('User-Agent: libprocess/a@127.0.0.1:1\r\n', 'plain')]) {
    const client = rawClient(t, port, bytes);
    await eventually('the end', client.ended);
    assert.match(client.text(), /^HTTP\/1\.1 400 Bad Request\r\nMeseta-Error: TLS_REQUIRED\r\n/);
    assert.match(client.text(), /\r\n\r\nOnly TLS is spoken on this port: use https:\/\/ in place of http:\/\/\n$/);
  }
  assert.deepEqual([seen.length, messages.length], [0, 0]);
});

test('who does not get through the handshake is cut off, and said once', async t => {
  const { port, reports, server } = await start(t, { limits: { headersMs: 200 } });
  for (let round = 0; round < 2; round++) {
    const client = rawClient(t, port, Buffer.from([22, 3, 1, 0, 4, 1, 2, 3, 4]));
    await eventually('the end of nonsense', client.ended);
  }
  const silent = rawClient(t, port, Buffer.from([22, 3, 1, 2, 0]));
  await eventually('the end of half a handshake', silent.ended);
  await eventually('no connections', () => server.connections === 0);
  assert.equal(reports.length, 2, `${reports}`);
  for (const report of reports) assert.match(report, /^warn: Refused a client from 127\.0\.0\.1 in the TLS handshake/);
});

test('a handshake under way does not keep a server from closing', async t => {
  const { port, server } = await start(t);
  rawClient(t, port, Buffer.from([22, 3, 1, 2, 0]));
  await eventually('the connection', () => server.connections === 1);
  await server.close(60_000);
});

const strangers: [who: string, certificate: () => Issued | undefined, said: RegExp][] = [
  ['without a certificate', () => undefined, /a certificate of the client is required, and there is none/],
  ['with a certificate of another authority', () => foreign.issue('stranger'), /no trusted authority has signed/],
  ['with an expired certificate', () => authority.issue('late', { expired: true }), /has expired \(CERT_HAS_EXPIRED\)/],
  [
    'from another address',
    () => authority.issue('else', { names: 'IP:10.9.8.7' }),
    /is for IP Address:10\.9\.8\.7 and not for/,
  ],
];
const foreign = new Authority(directory, 'foreign');
for (const [who, certificate, said] of strangers) {
  test(`where certificates are required, a client ${who} is refused`, async t => {
    const { port, seen, reports } = await start(t, { tls: { REQUIRE_CLIENT_CERT: 'true' } });
    for (let round = 0; round < 2; round++) {
      const client = await secureClient(t, port, certificate());
      client.socket.write(get('/stranger'));
      await eventually('the end', () => client.socket.destroyed);
      assert.match(client.text(), /^HTTP\/1\.1 403 Forbidden\r\nMeseta-Error: CERTIFICATE_REFUSED\r\n/);
      assert.match(client.text(), said);
    }
    assert.deepEqual(seen, []);
    assert.equal(reports.length, 1, `${reports}`); // once a minute
    assert.match(reports[0] ?? '', said);
  });
}

test('where certificates are required, a client with one of the authority is served', async t => {
  const { port, seen } = await start(t, { tls: { REQUIRE_CLIENT_CERT: 'true' } });
  const client = await secureClient(t, port, authority.issue('known'));
  client.socket.write(get('/known'));
  await eventually('the answer', () => client.text().includes('/known'));
  assert.equal(seen.length, 1);
});

test('with the scheme of OpenSSL, the address of a client need not be in its certificate', async t => {
  const scheme = { REQUIRE_CLIENT_CERT: 'true', HOSTNAME_VALIDATION_SCHEME: 'openssl' };
  const { port } = await start(t, { tls: scheme });
  const client = await secureClient(t, port, authority.issue('user', { names: 'email:user@example.org' }));
  client.socket.write(get('/user'));
  await eventually('the answer', () => client.text().includes('/user'));
});

test('with a downgrade allowed, both are served on one port', async t => {
  const { port, messages } = await start(t, { tls: { SUPPORT_DOWNGRADE: 'true' } });
  const plain = rawClient(t, port, get('/plain'));
  const secure = await secureClient(t, port);
  secure.socket.write(get('/secure'));
  await eventually('both answers', () => plain.text().includes('/plain') && secure.text().includes('/secure'));
  rawClient(t, port, message('User-Agent: libprocess/a@127.0.0.1:1\r\n', 'plain'));
  await eventually('the message', () => messages.length === 1);
});

/** A server of two handshakes at a time, which says `served` to who has made one. @returns its port. */
async function narrow(t: TestContext): Promise<number> {
  const tls = daemonTls(tlsVariables(own, authority.caFile), () => undefined);
  assert.ok(tls);
  const connections = new TlsConnections(tls, { handshakeMs: 60_000, handshakes: 2 });
  const server = createServer(socket =>
    socket.once('readable', () =>
      connections.begin(socket, { plain: () => undefined, secure: secure => secure.end('served') }),
    ),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    connections.close();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const begun = Buffer.from([22, 3, 1, 2, 0]);

test('slow handshakes end when others wait, who are then served', async t => {
  const port = await narrow(t);
  const slow = Array.from({ length: 4 }, () => rawClient(t, port, begun));
  const client = await secureClient(t, port);
  await eventually('service', () => client.text() === 'served');
  assert.ok(slow.some(({ ended }) => ended()));
});

test('an address with many slow handshakes does not hold up another one for long', async t => {
  const port = await narrow(t);
  const slow = Array.from({ length: 12 }, () => rawClient(t, port, begun));
  await Promise.all(slow.map(({ socket }) => socket.readyState === 'open' || once(socket, 'connect')));
  const plain = connectPlainly({ host: '127.0.0.1', port, localAddress: '127.0.0.2' });
  const socket = connect({ host: '127.0.0.1', ca, socket: plain });
  t.after(() => socket.destroy());
  const [served] = await once(socket, 'data');
  assert.equal(String(served), 'served');
  assert.ok(slow.filter(({ ended }) => ended()).length <= 4);
});

test('a server without TLS says which client wants it', async t => {
  const reports: string[] = [];
  const report = (level: string, text: string) => void reports.push(`${level}: ${text}`);
  const server = new HttpServer({ handler: echo, report });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  for (let round = 0; round < 2; round++) {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'error');
  }
  assert.deepEqual(reports, [
    'warn: A client from 127.0.0.1 speaks TLS, which is off here: let it use http://, or set LIBPROCESS_SSL_ENABLED=true for this daemon',
  ]);
});

test('whose connection it is is known over TLS, too', async t => {
  const { port, seen } = await start(t, { admit: async () => ({ uid: 77 }) });
  const client = await secureClient(t, port);
  client.socket.write(get('/a'));
  await eventually('the answer', () => client.text().includes('200 OK'));
  assert.equal(seen[0]?.peer.uid, 77);
});
