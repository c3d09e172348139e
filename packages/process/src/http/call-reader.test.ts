import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { count, rawClient } from '../testing.ts';
import { HttpError } from './error.ts';
import type { HttpLimits } from './limits.ts';
import { empty, failure, text } from './reply.ts';
import type { Request } from './request.ts';
import type { Handler, Response } from './response.ts';
import { HttpServer } from './server.ts';

const head = (rest: string, path = '/calls') => `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}\r\n`;
const call = (body: string) => `${head(`Mesos-Stream-Id: s\r\nContent-Length: ${body.length}\r\n`)}${body}`;
const chunked = (...chunks: string[]) =>
  head('Mesos-Stream-Id: s\r\nTransfer-Encoding: chunked\r\n') +
  [...chunks, ''].map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
const large = 'x'.repeat(200_000);

/** A server whose calls are remembered by their bodies. */
async function startCalls(t: TestContext, limits: Partial<HttpLimits> = {}, handler: Handler = () => empty(202)) {
  const bodies: string[] = [];
  const reports: string[] = [];
  const server = new HttpServer({
    handler: async request => {
      bodies.push((await request.body()).toString());
      return handler(request);
    },
    limits,
    report: (level, message) => reports.push(`${level}: ${message}`),
    calls: ['/calls'],
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  return { server, port, bodies, reports };
}

const statusesOf = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

const streams: { name: string; bytes: string; bodies: string[]; statuses?: number[] }[] = [
  { name: 'calls', bytes: call('one') + call('two') + call(''), bodies: ['one', 'two', ''] },
  { name: 'a chunk, and several', bytes: chunked('one') + chunked('t', 'wo') + call('3'), bodies: ['one', 'two', '3'] },
  { name: 'a large one', bytes: call('one') + call(large) + call('three'), bodies: ['one', large, 'three'] },
  { name: 'another path', bytes: `${call('one')}${head('Content-Length: 2\r\n', '/')}xy`, bodies: ['one', 'xy'] },
  { name: 'no stream', bytes: `${call('one')}${head('Content-Length: 2\r\n')}xy`, bodies: ['one', 'xy'] },
  { name: 'a GET', bytes: `${call('one')}GET /calls HTTP/1.1\r\nMesos-Stream-Id: s\r\n\r\n`, bodies: ['one', ''] },
  {
    name: 'an expectation',
    bytes: `${call('one')}${head('Mesos-Stream-Id: s\r\nExpect: nothing\r\n')}${call('three')}`,
    bodies: ['one', 'three'],
    statuses: [202, 417, 202],
  },
  {
    name: 'two lengths',
    bytes: `${call('one')}${head('Mesos-Stream-Id: s\r\nContent-Length: 1\r\nContent-Length: 2\r\n')}xy`,
    bodies: ['one'],
    statuses: [202, 400],
  },
  { name: 'junk', bytes: `${call('one')}\x16\x03\x01\x02\r\n\r\n`, bodies: ['one'], statuses: [202, 400] },
];
for (const { name, bytes, bodies, statuses = bodies.map(() => 202) } of streams) {
  for (const pieces of ['at once', 'in small pieces']) {
    test(`${name}, ${pieces}`, async t => {
      const server = await startCalls(t);
      const client = rawClient(t, server.port);
      client.socket.setNoDelay();
      const size = pieces === 'at once' ? bytes.length : Math.max(7, bytes.length >> 6);
      for (let at = 0; at < bytes.length; at += size) {
        await new Promise(resolve => client.socket.write(bytes.slice(at, at + size), resolve));
      }
      await eventually('answers', () => count(client.text(), 'HTTP/1.1 ') === statuses.length);
      assert.deepEqual(statusesOf(client.text()), statuses);
      assert.deepEqual(server.bodies, bodies);
    });
  }
}

test('the handler sees what it sees of any request, and answers what it likes', async t => {
  const seen: Request[] = [];
  const answers = [
    () => empty(202),
    () => failure('CALL_INVALID', 'wröng', { 'X-Odd': 'a\r\nb' }),
    () => Promise.reject(new HttpError('AUTHENTICATION_REQUIRED', 'who?')),
    () => Promise.reject(new Error('broken')),
    (): Response => ({ status: 200, body: (async function* () {})() }),
  ];
  const { port, reports } = await startCalls(t, {}, request => {
    const answer = answers[seen.push(request) - 1];
    assert.ok(answer);
    return answer();
  });
  const client = rawClient(t, port, call('a').repeat(answers.length));
  await eventually('answers', () => count(client.text(), 'HTTP/1.1 ') === answers.length);
  const received = client.text();
  assert.deepEqual(statusesOf(received), [202, 400, 401, 500, 500]);
  const [first = '', second = ''] = received.split(/(?=HTTP)/);
  assert.match(first, /^HTTP\/1.1 202 Accepted\r\nContent-Length: 0\r\nDate: \w{3}, [^\r]+ GMT\r\n\r\n$/);
  assert.match(second, /\r\nX-Odd: a%0D%0Ab\r\nMeseta-Error: CALL_INVALID\r\nContent-Length: 6\r\n/);
  assert.ok(second.endsWith('\r\n\r\nwr\xc3\xb6ng'));
  assert.deepEqual(
    reports.map(report => report.slice(0, 30)),
    ['error: Handler of POST /calls ', 'error: Handler of /calls answe'],
  );
  const [{ method, url, path, headers, peer } = assert.fail()] = seen;
  assert.deepEqual(
    [method, url, path, headers.host, peer.address],
    ['POST', '/calls', '/calls', 'localhost', '127.0.0.1'],
  );
});

test('calls are handled one after the other', async t => {
  let handling = 0;
  const server = await startCalls(t, {}, async () => {
    assert.equal(++handling, 1);
    await new Promise(setImmediate);
    handling--;
    return empty(202);
  });
  const client = rawClient(t, server.port);
  for (let i = 0; i < 5000; i++) client.socket.write(call(`${i}`));
  client.socket.end();
  await eventually('end', client.ended);
  assert.equal(count(client.text(), 'HTTP/1.1 202'), 5000);
  assert.deepEqual(server.bodies, Array.from(server.bodies.keys(), String));
});

test('answers at once and later ones, failures of both kinds too, come in the order of the calls', async t => {
  const kinds: Handler[] = [
    request => text(200, String(request.body())),
    async request => {
      await new Promise(setImmediate);
      return text(200, String(await request.body()));
    },
    request => {
      throw new HttpError('CALL_INVALID', String(request.body()));
    },
    async request => {
      throw new HttpError('CALL_INVALID', String(await request.body()));
    },
  ];
  let handled = 0;
  const server = new HttpServer({
    handler: request => (kinds[handled++ % kinds.length] as Handler)(request),
    calls: ['/calls'],
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  const client = rawClient(t, port);
  const names = Array.from({ length: 1000 }, (_, number) => `call ${number}`);
  client.socket.end(names.map(call).join(''));
  await eventually('end', client.ended);
  assert.deepEqual(client.text().match(/call \d+/g), names);
});

test('who does not read answers is not listened to, and cut off', async t => {
  const { server, port, bodies } = await startCalls(t, { stallMs: 100 }, () =>
    failure('CALL_INVALID', 'x'.repeat(10_000)),
  );
  const client = rawClient(t, port);
  client.socket.pause();
  let sent = 0;
  const send = () => {
    while (sent++ < 50_000) if (!client.socket.write(call('one'))) return;
  };
  client.socket.on('drain', send);
  send();
  await eventually('connection', () => server.connections === 1);
  await eventually('end', () => server.connections === 0);
  assert.ok(bodies.length < 10_000, `${bodies.length} handled`);
});

test('a call that stops half-way meets the time-outs of the HTTP server', async t => {
  const { port, bodies } = await startCalls(t, { bodyIdleMs: 50 });
  const client = rawClient(t, port, call('one') + call('two').slice(0, -1));
  await eventually('end', client.ended);
  assert.deepEqual(statusesOf(client.text()), [202, 408]);
  assert.deepEqual(bodies, ['one']);
});

test('an idle connection is closed, one whose call takes long is not', async t => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { port, bodies } = await startCalls(t, { keepAliveMs: 50 }, async () => {
    if (bodies.length === 1) await promise;
    return empty(202);
  });
  const slow = rawClient(t, port, call('slow'));
  await eventually('the first', () => bodies.length === 1);
  const idle = rawClient(t, port, call('other'));
  await eventually('end of the idle one', idle.ended);
  assert.ok(!slow.ended());
  resolve();
  await eventually('answer', () => statusesOf(slow.text()).length === 1);
});

test('closing answers the call under way', async t => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { server, port, bodies } = await startCalls(t, {}, () => promise.then(() => empty(202)));
  const client = rawClient(t, port, call('one'));
  await eventually('call', () => bodies.length === 1);
  const closed = server.close(20_000);
  resolve();
  await closed;
  await eventually('end', client.ended);
  assert.deepEqual(statusesOf(client.text()), [202]);
});

test('the signal tells that the client went away', async t => {
  let gone = false;
  const { port, bodies } = await startCalls(t, {}, async ({ signal }) => {
    await new Promise(resolve => signal.addEventListener('abort', resolve));
    gone = true;
    return empty(202);
  });
  const client = rawClient(t, port, call('one') + call('two'));
  await eventually('call', () => bodies.length === 1);
  client.socket.resetAndDestroy();
  await eventually('signal', () => gone);
  assert.deepEqual(bodies, ['one']);
});
