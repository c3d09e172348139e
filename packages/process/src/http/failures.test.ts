/** Every failure of the server itself carries its code, and words that say what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { count, rawClient, startLibprocess, startServer } from '../testing.ts';
import { HttpError } from './error.ts';
import { ERROR_HEADER, FAILURES, type FailureCode } from './failures.ts';
import type { HttpLimits } from './limits.ts';
import { failure, text } from './reply.ts';
import type { Response } from './response.ts';
import { Router } from './router.ts';
import { HttpServer } from './server.ts';

const get = (target: string, fields = '') => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
const post = (fields: string, body = '') => `POST /body HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n${body}`;
const small: Partial<HttpLimits> = { bodyBytes: 100, bodyIdleMs: 100, headersMs: 100 };

const cases: { name: string; bytes: string; code: FailureCode; limits?: Partial<HttpLimits> }[] = [
  { name: 'bytes', bytes: '\x16\x03\x01\x02\r\n\r\n', code: 'REQUEST_MALFORMED' },
  { name: 'a header without a colon', bytes: get('/', 'X\r\n'), code: 'REQUEST_MALFORMED' },
  { name: 'an unknown method', bytes: 'BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n', code: 'METHOD_UNKNOWN' },
  { name: 'a method in small letters', bytes: 'get / HTTP/1.1\r\nHost: localhost\r\n\r\n', code: 'METHOD_UNKNOWN' },
  { name: 'two hosts', bytes: get('/', 'Host: localhost\r\n'), code: 'REQUEST_AMBIGUOUS' },
  { name: 'another version', bytes: 'GET / HTTP/1.2\r\n\r\n', code: 'REQUEST_MALFORMED' },
  { name: 'long headers', bytes: get('/', `X: ${'x'.repeat(40_000)}\r\n`), code: 'HEADERS_TOO_LARGE' },
  {
    name: 'long chunk extensions',
    bytes: post('Transfer-Encoding: chunked\r\n', `1;${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`),
    code: 'CHUNK_EXTENSIONS_TOO_LARGE',
  },
  { name: 'half a head', bytes: 'GET / HTTP/1.1\r\n', code: 'REQUEST_TIMEOUT', limits: small },
  { name: 'half a body', bytes: post('Content-Length: 9\r\n', 'half'), code: 'REQUEST_TIMEOUT', limits: small },
  { name: 'a large body', bytes: post('Content-Length: 101\r\n'), code: 'BODY_TOO_LARGE', limits: small },
  {
    name: 'all bodies',
    bytes: post('Content-Length: 5\r\n', 'hello'),
    code: 'SERVER_BUSY',
    limits: { bodiesBytes: 1 },
  },
  { name: 'an unknown coding', bytes: post('Content-Encoding: br\r\n'), code: 'BODY_ENCODING_UNSUPPORTED' },
  {
    name: 'no gzip',
    bytes: post('Content-Encoding: gzip\r\nContent-Length: 5\r\n', 'hello'),
    code: 'BODY_INCOMPLETE',
  },
  { name: 'an unknown expectation', bytes: get('/', 'Expect: tea\r\n'), code: 'EXPECTATION_UNKNOWN' },
  { name: 'no host name', bytes: 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n', code: 'HOST_MALFORMED' },
  { name: 'another host', bytes: 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n', code: 'HOST_UNKNOWN' },
  { name: 'another origin', bytes: get('/', 'Origin: http://evil.example\r\n'), code: 'ORIGIN_FOREIGN' },
  {
    name: 'jsonp of another origin',
    bytes: get('/?jsonp=f', 'Referer: http://evil.example/\r\n'),
    code: 'ORIGIN_FOREIGN',
  },
  { name: 'a silent page', bytes: post('User-Agent: Mozilla/5.0\r\n'), code: 'ORIGIN_MISSING' },
  { name: 'a path without a slash', bytes: 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', code: 'PATH_MALFORMED' },
  { name: 'a path that is not UTF-8', bytes: get('/%ff'), code: 'PATH_MALFORMED' },
  { name: 'no route', bytes: get('/none'), code: 'ROUTE_NOT_FOUND' },
  { name: 'NUL behind a route', bytes: get('/body%00'), code: 'ROUTE_NOT_FOUND' },
  { name: 'a line break below a route', bytes: get('/body/%0ax'), code: 'ROUTE_NOT_FOUND' },
  { name: 'a path upwards', bytes: get('/../x'), code: 'ROUTE_NOT_FOUND' },
  { name: 'another method', bytes: get('/body'), code: 'METHOD_NOT_ALLOWED' },
  { name: 'a handler that refuses', bytes: get('/refuses'), code: 'CALL_INVALID' },
  { name: 'a handler that fails', bytes: get('/fails'), code: 'INTERNAL_ERROR' },
  { name: 'a stream that fails', bytes: get('/breaks'), code: 'INTERNAL_ERROR' },
];

function routes(): Router {
  const router = new Router({ delegate: 'a' });
  const help = { summary: 'A test.' };
  const refuses = () => {
    throw new HttpError('CALL_INVALID', '');
  };
  const fails = () => Promise.reject(new Error('broken'));
  // biome-ignore lint/correctness/useYield: it fails before its first piece
  const breaks = async function* () {
    throw new Error('broken');
  };
  router.add('a', [
    { path: '/body', methods: ['POST'], help, handler: async request => text(200, String(await request.body())) },
    { path: '/refuses', help, handler: refuses },
    { path: '/fails', help, handler: fails },
    { path: '/breaks', help, handler: () => ({ status: 200, body: breaks() }) },
  ]);
  return router;
}

function assertCode(answer: string, code: FailureCode): void {
  const { status } = FAILURES[code];
  assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
  assert.match(answer, new RegExp(`\r\n${ERROR_HEADER}: ${code}\r\n`));
  assert.equal(count(answer, ERROR_HEADER), 1);
}

for (const { name, bytes, code, limits } of cases) {
  test(`${name}: ${code}`, async t => {
    const { port } = await startServer(t, routes().handle, limits);
    const client = rawClient(t, port, Buffer.from(bytes, 'latin1'));
    await eventually('answer', () => client.text().includes('\r\n\r\n'));
    assertCode(client.text(), code);
  });
}

test('bytes that are no request are answered in words', async t => {
  const { port } = await startServer(t);
  const client = rawClient(t, port, 'BREW /pot HTTP/1.1\r\n\r\n');
  await eventually('end', client.ended);
  const [, body = ''] = client.text().split('\r\n\r\n');
  assert.equal(body, `${FAILURES.METHOD_UNKNOWN.meaning} ${FAILURES.METHOD_UNKNOWN.action}\n`);
});

test('a connection of another user is refused with a code', async t => {
  const server = new HttpServer({
    handler: () => text(200, ''),
    report: () => undefined,
    admit: async () => ({ refusal: 'Not yours.' }),
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  const client = rawClient(t, port, get('/'));
  await eventually('end', client.ended);
  assertCode(client.text(), 'OWNER_ONLY');
  assert.ok(client.text().endsWith('\r\n\r\nNot yours.\n'));
});

const messages: [name: string, path: string, from: string, code: FailureCode][] = [
  ['a message for nobody', '/other/a.B', 'master@127.0.0.1:1', 'MESSAGE_UNKNOWN'],
  ['a message of nobody', '/master/a.B', 'me', 'SENDER_MALFORMED'],
];
for (const [name, path, from, code] of messages) {
  test(`${name}: ${code}`, async t => {
    const { libprocess, port } = await startLibprocess(t);
    libprocess.install('master', 'a.B', () => undefined);
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nLibprocess-From: ${from}\r\nContent-Length: 0\r\n\r\n`;
    const client = rawClient(t, port, head);
    await eventually('answer', () => client.text().includes('\r\n\r\n'));
    assertCode(client.text(), code);
  });
}

test('a failure may have further headers, but none without its code', () => {
  const { status, headers, body } = failure('METHOD_NOT_ALLOWED', undefined, { Allow: 'GET', [ERROR_HEADER]: 'OTHER' });
  assert.deepEqual(
    [status, headers[ERROR_HEADER], headers.Allow, body],
    [405, 'METHOD_NOT_ALLOWED', 'GET', '405 Method Not Allowed.'],
  );
});

// @ts-expect-error A failure has a code.
const silent: Response = { status: 404, headers: {} };
// @ts-expect-error There is no such code.
const unknown = () => new HttpError('TEA_IS_OUT', '');
// @ts-expect-error A failure is no answer.
const answered = () => text(404, '');

test('failures without a code of the table do not compile', () => {
  assert.ok([silent, unknown, answered].length > 0);
});

test('the table is complete', () => {
  for (const [code, { status, meaning, action }] of Object.entries(FAILURES)) {
    assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    assert.ok(status >= 400 && status < 600, code);
    for (const sentence of [meaning, action]) assert.match(sentence, /^\S.*\.$/, code);
  }
});
