import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { eventually } from '@meseta/system/testing';
import { count, rawClient, startServer } from '../testing.ts';
import { HttpClient } from './client.ts';
import { pieces, text } from './reply.ts';
import type { Handler, Response } from './response.ts';

const hello = () => text(200, 'hello');

test('answers with exactly the headers of libprocess', async t => {
  const { port } = await startServer(t, hello);
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('answer', () => client.text().endsWith('hello'));
  const [status, ...headers] = client.text().split('\r\n\r\n')[0]?.split('\r\n') ?? [];
  assert.equal(status, 'HTTP/1.1 200 OK');
  assert.deepEqual(headers.map(header => header.replace(/^Date: .*/, 'Date')).sort(), [
    'Content-Length: 5',
    'Content-Type: text/plain; charset=utf-8',
    'Date',
  ]);
});

const malformed: { name: string; bytes: string; status: number; ended: boolean }[] = [
  { name: 'junk', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', status: 400, ended: true },
  {
    name: 'two lengths',
    bytes: 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    status: 400,
    ended: true,
  },
  {
    name: 'length and chunks',
    bytes: 'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: 400,
    ended: true,
  },
  { name: 'headers without end', bytes: `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`, status: 431, ended: true },
  { name: 'a path without a slash', bytes: 'GET state HTTP/1.1\r\n\r\n', status: 400, ended: false },
  { name: 'a path which is not UTF-8', bytes: 'GET /%ff HTTP/1.1\r\n\r\n', status: 400, ended: false },
];
for (const { name, bytes, status, ended } of malformed) {
  test(`refuses ${name}`, async t => {
    const { port } = await startServer(t, hello);
    const client = rawClient(t, port, Buffer.from(bytes, 'latin1'));
    await eventually('refusal', () => client.text().startsWith(`HTTP/1.1 ${status} `));
    if (ended) await eventually('end of the connection', client.ended);
    const other = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
    await eventually('answer to another client', () => other.text().endsWith('hello'));
  });
}

const failures: { name: string; handler: () => Response | Promise<Response> }[] = [
  {
    name: 'throws',
    handler: () => {
      throw new Error('broken');
    },
  },
  { name: 'rejects', handler: () => Promise.reject(new Error('broken')) },
  { name: 'fails before the first piece', handler: () => ({ status: 200, body: failing(0) }) },
  { name: 'answers nonsense', handler: () => ({ status: 99 as 200, body: 'broken' }) },
];
for (const { name, handler } of failures) {
  test(`a handler which ${name} is a 500 and a report`, async t => {
    const { port, reports } = await startServer(t, handler);
    const client = rawClient(t, port, 'GET /x HTTP/1.1\r\n\r\n');
    await eventually('answer', () => client.text().endsWith('500 Internal Server Error.'));
    assert.equal(reports.length, 1);
    assert.match(reports[0] ?? '', /^error: .*GET \/x/);
  });
}

async function* failing(after: number): AsyncGenerator<string> {
  for (let piece = 0; piece < after; piece++) yield 'piece';
  throw new Error('broken');
}

test('a body which fails on the way breaks the connection off', async t => {
  const { port, reports } = await startServer(t, () => ({ status: 200, body: failing(1) }));
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('end', client.ended);
  assert.ok(!client.text().endsWith('0\r\n\r\n'));
  assert.equal(reports.length, 1);
});

test('line breaks and other characters do not get into headers', async t => {
  const { port } = await startServer(t, () => ({
    status: 200,
    headers: { 'X-Name': 'a\r\nSet-Cookie: b\u{1f600}\ud800' },
  }));
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('answer', () => client.text().includes('\r\n\r\n'));
  assert.match(client.text(), /X-Name: a%0D%0ASet-Cookie: b%F0%9F%98%80%EF%BF%BD\r\n/);
});

const big = JSON.stringify({ text: 'x'.repeat(5000) });
const bodies: { name: string; headers: Record<string, string>; body: string | Buffer; status: number }[] = [
  { name: 'plain', headers: {}, body: big, status: 200 },
  { name: 'gzip', headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(big), status: 200 },
  { name: 'deflate', headers: { 'Content-Encoding': 'deflate' }, body: deflateSync(big), status: 200 },
  { name: 'corrupt gzip', headers: { 'Content-Encoding': 'gzip' }, body: 'no gzip', status: 400 },
  { name: 'cut gzip', headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(big).subarray(0, 30), status: 400 },
  { name: 'unknown encoding', headers: { 'Content-Encoding': 'br' }, body: big, status: 415 },
  { name: 'too large', headers: {}, body: 'x'.repeat(10_001), status: 413 },
  {
    name: 'too large unpacked',
    headers: { 'Content-Encoding': 'gzip' },
    body: gzipSync('x'.repeat(10_000_000)),
    status: 413,
  },
];
for (const { name, headers, body, status } of bodies) {
  test(`request body: ${name}`, async t => {
    const echo: Handler = async request => text(200, (await request.body()).toString());
    const { server, port } = await startServer(t, echo, { bodyBytes: 10_000 });
    const client = new HttpClient(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const response = await client.request('POST', '/', { headers, body });
    const received = (await response.bytes()).toString();
    assert.equal(response.status, status, received);
    if (status === 200) assert.equal(received, big);
    assert.equal(server.bodyLimits.bodies.bytes, 0);
  });
}

test('a body in chunks over the limit is refused on the way', async t => {
  const { port } = await startServer(t, async request => text(200, (await request.body()).toString()), {
    bodyBytes: 10,
  });
  const client = rawClient(t, port, 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n');
  client.socket.write('x'.repeat(255));
  await eventually('refusal', () => client.text().startsWith('HTTP/1.1 413 '));
});

test('all bodies together are limited', async t => {
  const { port } = await startServer(t, async request => text(200, (await request.body()).toString()), {
    bodiesBytes: 10,
  });
  const client = rawClient(t, port, 'POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n12345678901');
  await eventually('refusal', () => client.text().startsWith('HTTP/1.1 503 '));
});

test('a body which stalls is a 408, and the connection ends', async t => {
  const { port } = await startServer(t, async request => text(200, (await request.body()).toString()), {
    bodyIdleMs: 50,
  });
  const client = rawClient(t, port, 'POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n123');
  await eventually('refusal', () => client.text().startsWith('HTTP/1.1 408 '));
  await eventually('end', client.ended);
});

test('a body may be streamed without limits of size', async t => {
  const { port } = await startServer(
    t,
    async request => {
      let bytes = 0;
      for await (const piece of request.stream()) bytes += piece.length;
      return text(200, String(bytes));
    },
    { bodyBytes: 10 },
  );
  const client = new HttpClient(`http://127.0.0.1:${port}`);
  t.after(() => client.close());
  assert.equal((await (await client.request('POST', '/', { body: 'x'.repeat(100_000) })).bytes()).toString(), '100000');
});

test('headers which trickle end the connection; everybody else is served meanwhile', async t => {
  const { port } = await startServer(t, hello, { headersMs: 200 });
  const slow = Array.from({ length: 50 }, () => rawClient(t, port, 'GET / HTTP/1.1\r\nX: '));
  const drip = setInterval(() => {
    for (const { socket } of slow) if (socket.writable) socket.write('x');
  }, 20);
  t.after(() => clearInterval(drip));
  const other = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('answer to another client', () => other.text().endsWith('hello'));
  await eventually('end of the slow ones', () => slow.every(client => client.ended()));
  assert.ok(!other.ended());
});

test('a silent connection is not cut, and answers when it speaks', async t => {
  const { server, port } = await startServer(t, hello, { headersMs: 50 });
  const silent = rawClient(t, port);
  const trickling = rawClient(t, port, 'GET');
  await eventually('end of one which began later and did not finish', trickling.ended);
  assert.equal(server.connections, 1);
  silent.socket.write('GET / HTTP/1.1\r\n\r\n');
  await eventually('answer', () => silent.text().endsWith('hello'));
});

test('an idle connection of an ordinary client is closed', async t => {
  const { port } = await startServer(t, hello, { keepAliveMs: 50 });
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('end', client.ended);
  assert.ok(client.text().endsWith('hello'));
});

test('a handler may take longer than any time-out', async t => {
  let answer: () => void = () => undefined;
  const waiting = new Promise<void>(resolve => {
    answer = resolve;
  });
  const limits = { headersMs: 20, bodyIdleMs: 20, stallMs: 20, keepAliveMs: 20 };
  const { port } = await startServer(t, () => waiting.then(hello), limits);
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n');
  const trickling = rawClient(t, port, 'GET');
  await eventually('end of a client which does not finish its headers', trickling.ended);
  answer();
  await eventually('two answers', () => count(client.text(), 'hello') === 2);
});

test('10,000 pipelined requests are answered in order, one at a time', async t => {
  let running = 0;
  let most = 0;
  const { port } = await startServer(t, async request => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    return text(200, `<${request.path}>`);
  });
  const requests = Array.from({ length: 10_000 }, (_, index) => `GET /${index} HTTP/1.1\r\n\r\n`).join('');
  const client = rawClient(t, port, requests);
  const other = rawClient(t, port, 'GET /other HTTP/1.1\r\n\r\n');
  await eventually('answer to another client', () => other.text().includes('</other>'));
  await eventually('last answer', () => client.text().includes('</9999>'));
  const order = [...client.text().matchAll(/<\/(\d+)>/g)].map(([, index]) => Number(index));
  assert.deepEqual(
    order,
    Array.from({ length: 10_000 }, (_, index) => index),
  );
  assert.ok(most <= 2);
});

test('who reads nothing stops the production of pieces and is cut off', async t => {
  let produced = 0;
  let returned = false;
  function* endless(): Generator<string> {
    try {
      for (;;) yield 'x'.repeat(10_000 + (produced++ % 2));
    } finally {
      returned = true;
    }
  }
  const { port } = await startServer(t, request => pieces(endless(), request), { stallMs: 100 });
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  client.socket.pause();
  await eventually('end of production', () => returned);
  assert.ok(produced < 10_000, `${produced} pieces`);
});

test('the answer to HEAD does not wait for a body that is not sent', async t => {
  let produced = 0;
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) {
        produced++;
        yield 'x'.repeat(1000);
      }
    } finally {
      isClosed = true;
    }
  }
  const headers = { 'Content-Length': '10737418240' };
  const { port } = await startServer(t, () => ({ status: 200, headers, body: endless() }));
  const client = rawClient(t, port, 'HEAD / HTTP/1.1\r\n\r\n');
  await eventually('the head', () => client.text().endsWith('\r\n\r\n'));
  assert.match(client.text(), /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Content-Length: 10737418240\r\n/);
  await eventually('the end of the body', () => isClosed);
  assert.equal(produced, 1);
});

test('pieces arrive complete, compressed or not', async t => {
  const parts = Array.from({ length: 20_000 }, (_, index) => `${index === 0 ? '[' : ','}${index}`);
  const { port } = await startServer(t, request => pieces([...parts, ']'], request));
  const client = new HttpClient(`http://127.0.0.1:${port}`);
  t.after(() => client.close());
  const expected = Array.from({ length: 20_000 }, (_, index) => index);
  assert.deepEqual(await client.get('/'), expected);
  const headers = { 'Accept-Encoding': 'gzip', Referer: `http://127.0.0.1:${port}/` };
  const packed = await client.request('GET', '/?jsonp=fn', { headers });
  assert.equal(packed.headers['content-type'], 'text/javascript');
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(await packed.bytes()).toString(), `fn(${JSON.stringify(expected)});`);
});

test('closing lets a request under way finish and ends what is idle', async t => {
  let finish: (answer: Response) => void = () => undefined;
  const { server, port } = await startServer(
    t,
    () =>
      new Promise(resolve => {
        finish = resolve;
      }),
  );
  const idle = rawClient(t, port);
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('both', () => server.connections === 2 && finish.length === 1);
  const closed = server.close(20_000);
  await eventually('end of the idle one', idle.ended);
  finish(hello());
  await closed;
  await eventually('end', client.ended);
  assert.ok(client.text().endsWith('hello'));
});

test('the signal tells handlers that the client went away', async t => {
  let signal: AbortSignal | undefined;
  const { port } = await startServer(t, request => {
    signal = request.signal;
    return new Promise(() => undefined);
  });
  const client = rawClient(t, port, 'GET / HTTP/1.1\r\n\r\n');
  await eventually('request', () => signal !== undefined);
  client.socket.destroy();
  await eventually('abort', () => signal?.aborted === true);
});

test('connections for which there are no descriptors, or too many connections, are closed and told once', async t => {
  for (const [limits, report] of [
    [{ descriptors: 8 }, /^warn: Closed a new connection: \d+ of 8 file descriptors are in use\. Raise the limit/],
    [{ connections: 1 }, /^warn: Closed a new connection: there are 1, /],
  ] as const) {
    const { port, reports } = await startServer(t, hello, limits);
    const clients = Array.from({ length: 5 }, () => rawClient(t, port));
    await eventually('closed connections', () => clients.filter(({ ended }) => ended()).length >= 4);
    assert.equal(reports.length, 1);
    assert.match(reports[0] ?? '', report);
  }
});
