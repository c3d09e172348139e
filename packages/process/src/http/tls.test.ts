/** A server that speaks TLS, over loopback: requests, streams and libprocess messages go over it, nothing else does. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect, type TLSSocket, type TlsOptions } from 'node:tls';
import { eventually } from '@meseta/system/testing';
import { Libprocess } from '../libprocess/transport.ts';
import type { Admit } from '../owners/owner-only.ts';
import { rawClient } from '../testing.ts';
import { EventStream } from './event-stream.ts';
import type { HttpLimits } from './limits.ts';
import { text } from './reply.ts';
import type { Request } from './request.ts';
import type { Handler } from './response.ts';
import { HttpServer } from './server.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'tls-'));
after(() => rmSync(directory, { recursive: true }));

function certificate(name: string): { key: string; cert: string } {
  const [key, cert] = [path.join(directory, `${name}.key`), path.join(directory, `${name}.pem`)];
  const options = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  execFileSync(
    'openssl',
    [...options.split(' '), '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
    { stdio: 'pipe' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

const own = certificate('own');

interface Started {
  readonly server: HttpServer;
  readonly port: number;
  readonly seen: Request[];
  readonly messages: string[];
  readonly reports: string[];
}

interface Options {
  readonly tls?: TlsOptions;
  readonly limits?: Partial<HttpLimits>;
  readonly handler?: Handler;
  readonly admit?: Admit;
}

const echo: Handler = async request => text(200, `${request.path} ${await request.body()}`);

async function start(
  t: TestContext,
  { tls = own, limits = {}, handler = echo, admit }: Options = {},
): Promise<Started> {
  const [seen, messages, reports]: [Request[], string[], string[]] = [[], [], []];
  const server = new HttpServer({
    ...{ tls, limits, calls: ['/calls'], ...(admit && { admit }) },
    report: (level, message) => reports.push(`${level}: ${message}`),
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
async function secureClient(t: TestContext, port: number, options: { key?: string; cert?: string } = {}) {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca: own.cert, ...options });
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
  for (const report of reports) assert.match(report, /^warn: A client from 127\.0\.0\.1 did not get through the TLS/);
});

test('a handshake under way does not keep a server from closing', async t => {
  const { port, server } = await start(t);
  rawClient(t, port, Buffer.from([22, 3, 1, 2, 0]));
  await eventually('the connection', () => server.connections === 1);
  await server.close(60_000);
});

test('clients without a certificate are kept out where one is asked for', async t => {
  const theirs = certificate('theirs');
  const { port, seen } = await start(t, {
    tls: { ...own, requestCert: true, rejectUnauthorized: true, ca: theirs.cert },
  });
  const stranger = await secureClient(t, port);
  stranger.socket.write(get('/stranger'));
  await eventually('the end', () => stranger.socket.destroyed);
  const known = await secureClient(t, port, theirs);
  known.socket.write(get('/known'));
  await eventually('the answer', () => known.text().includes('/known'));
  assert.deepEqual(
    seen.map(request => request.path),
    ['/known'],
  );
});

test('whose connection it is is known over TLS, too', async t => {
  const { port, seen } = await start(t, { admit: async () => ({ uid: 77 }) });
  const client = await secureClient(t, port);
  client.socket.write(get('/a'));
  await eventually('the answer', () => client.text().includes('200 OK'));
  assert.equal(seen[0]?.peer.uid, 77);
});

test('a key that does not fit its certificate is a failure at the start', () => {
  const { key } = certificate('other');
  assert.throws(() => new HttpServer({ handler: echo, tls: { cert: own.cert, key } }), { code: /KEY_VALUES_MISMATCH/ });
});
