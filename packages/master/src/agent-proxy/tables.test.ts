/** The pure parts of what goes to agents and comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerHeaders, requestHeaders } from './forwarded-headers.ts';
import { type Exceeded, InFlight } from './in-flight.ts';
import { callPath, proxiedCalls, proxiedReads } from './reads.ts';
import { agentUrl, ownerOf, plainPath, targetOf } from './target.ts';

test('no read and no call changes anything', () => {
  assert.deepEqual(
    [...proxiedReads.keys(), callPath],
    [
      ...['/files/browse', '/files/read', '/files/download', '/files/debug', '/state', '/containers'],
      ...['/monitor/statistics', '/metrics/snapshot', '/flags', '/health', '/version', '/api/v1'],
    ],
  );
  for (const call of proxiedCalls.keys()) assert.match(call, /^(GET_|LIST_FILES$|READ_FILE$)/);
});

const targets: [rest: string, target: readonly string[] | undefined][] = [
  ['', undefined],
  ['/', undefined],
  ['/S1', ['S1', '']],
  ['/S1/', ['S1', '']],
  ['/S1/files/read', ['S1', '/files/read']],
  ['/S1/state/x', ['S1', '/state/x']],
  ['/S1/state\nx', ['S1', '/state\nx']],
  ['/a b/state', ['a b', '/state']],
];
for (const [rest, expected] of targets) {
  test(`the target of ${JSON.stringify(rest)}`, () => {
    const target = targetOf(rest);
    assert.deepEqual(target && [target.agentId, target.path], expected);
  });
}

const urls: [path: string, query: string, url: string][] = [
  ['/files/read', 'path=/a&offset=1&length=2', '/files/read?path=%2Fa&offset=1&length=2'],
  ['/files/read', 'jsonp=f&path=/a&other=1', '/files/read?path=%2Fa'],
  ['/files/read', 'path=/a&path=/b', '/files/read?path=%2Fa'],
  ['/files/read', 'path=/a%26length=9%23', '/files/read?path=%2Fa%26length%3D9%23'],
  ['/files/read', 'path=/a%0d%0aX: y HTTP/1.1', '/files/read?path=%2Fa%0D%0AX%3A+y+HTTP%2F1.1'],
  ['/state', 'jsonp=f', '/state'],
  ['/metrics/snapshot', 'timeout=1secs', '/metrics/snapshot?timeout=1secs'],
];
for (const [path, query, url] of urls) {
  test(`${path}?${query} at the agent`, () => {
    const read = proxiedReads.get(path) ?? assert.fail();
    assert.equal(agentUrl(path, read, new URLSearchParams(query)), url);
  });
}

const paths: [given: string, plain: string | undefined][] = [
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['//a///b', '/a/b'],
  ['/a/./b', '/a/b'],
  ['/frameworks/A/executors/x/runs/latest/../../../../../B', '/frameworks/B'],
  ['/../../../etc/shadow', '/etc/shadow'],
  ['file:///slave/log', '/slave/log'],
  ['file://frameworks/x', undefined],
  ['a/b', undefined],
  ['../a', undefined],
  ['', undefined],
  ['/a\0b', undefined],
];
for (const [given, plain] of paths) {
  test(`the plain path of ${JSON.stringify(given)}`, () => assert.equal(plainPath(given), plain));
}

const inner = '/slaves/S1/frameworks/B/executors/y/runs/r';
const owners: [path: string, owner: string][] = [
  ['/slave/log', 'log'],
  ['/agent/log', 'log'],
  ['/slave/log/x', 'other'],
  ['/frameworks/A/executors/x/runs/latest/stdout', 'A x'],
  ['/frameworks/A/executors/x', 'A x'],
  ['/frameworks/A', 'other'],
  [`/frameworks/A/executors/x/runs/latest${inner}`, 'A x'],
  ['/frameworks/A/executors/x/runs/latest/frameworks/B/executors/y/f', 'A x'],
  ['/var/lib/mesos/slaves/S1/frameworks/A/executors/x/runs/r/stdout', 'A x'],
  [`/var/lib/mesos/slaves/S1/frameworks/A/executors/x/runs/r${inner}`, 'A x'],
  ['/var/lib/mesos/slaves/S2/frameworks/A/executors/x/runs/r/stdout', 'other'],
  ['/var/lib/mesos/slaves/S1x/frameworks/A/executors/x/runs/r/stdout', 'other'],
  ['/volumes/v', 'other'],
];
for (const [path, expected] of owners) {
  test(`whose ${path} is: ${expected}`, () => {
    const owner = ownerOf(path, 'S1');
    assert.equal(owner.kind === 'sandbox' ? `${owner.frameworkId} ${owner.executorId}` : owner.kind, expected);
  });
}

const sent: { name: string; given: Record<string, string>; passed: Record<string, string> }[] = [
  {
    name: 'credentials, cookies and what is about the way stay here',
    given: {
      ...{ accept: 'application/json', 'accept-encoding': 'gzip', range: 'bytes=0-1' },
      ...{ authorization: 'Basic x', 'proxy-authorization': 'Basic x', cookie: 'a=b', host: 'master' },
      ...{ 'transfer-encoding': 'chunked', te: 'trailers', upgrade: 'h2c', 'keep-alive': 'x', trailer: 'x' },
      ...{ 'x-forwarded-for': '1.1.1.1', forwarded: 'for=1', origin: 'http://a', referer: 'http://a', 'x-other': 'x' },
    },
    passed: { accept: 'application/json', 'accept-encoding': 'gzip', range: 'bytes=0-1' },
  },
  {
    name: 'what Connection names is about this connection',
    given: { connection: 'close, Range ,accept', range: 'bytes=0-1', accept: '*/*', 'accept-encoding': 'gzip' },
    passed: { 'accept-encoding': 'gzip' },
  },
];
for (const { name, given, passed } of sent) {
  test(`headers of requests: ${name}`, () => assert.deepEqual(requestHeaders(given), passed));
}

const json = { status: 200, types: ['application/json'], isAttachment: false };
const download = { status: 200, types: ['application/octet-stream'], isAttachment: true };
const safe = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};
const bytes = 'application/octet-stream';
const answers: { name: string; given: Record<string, string>; kind?: typeof json; passed: Record<string, string> }[] = [
  {
    name: 'only those about the content',
    given: {
      ...{ 'content-type': 'application/json; charset=latin1', 'content-length': '2', 'content-encoding': 'gzip' },
      ...{
        'set-cookie': 'a=b',
        location: 'http://evil',
        'www-authenticate': 'Basic',
        'strict-transport-security': 'x',
      },
      ...{ 'access-control-allow-origin': '*', 'content-security-policy': "default-src 'unsafe-inline'", refresh: '0' },
      ...{ connection: 'close', 'transfer-encoding': 'chunked', link: '<x>', 'clear-site-data': '"*"' },
    },
    passed: { 'Content-Type': 'application/json', 'Content-Length': '2', 'Content-Encoding': 'gzip' },
  },
  { name: 'a page is bytes', given: { 'content-type': 'text/html' }, passed: { 'Content-Type': bytes } },
  { name: 'no type is bytes', given: {}, passed: { 'Content-Type': bytes } },
  {
    name: 'a download is stored, whatever the agent says',
    given: { 'content-type': 'image/svg+xml', 'content-disposition': 'inline' },
    kind: download,
    passed: { 'Content-Type': bytes, 'Content-Disposition': 'attachment' },
  },
  {
    name: 'a download keeps its name',
    given: {
      'content-type': 'text/plain',
      'content-disposition': 'attachment; filename=a',
      'content-range': 'bytes 0-1/2',
    },
    kind: { ...download, status: 206 },
    passed: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': 'attachment; filename=a',
      'Content-Range': 'bytes 0-1/2',
    },
  },
  {
    name: 'the code of a failure',
    given: { 'content-type': 'text/plain', 'meseta-error': 'FILE_NOT_FOUND' },
    kind: { ...download, status: 404 },
    passed: { 'Content-Type': 'text/plain; charset=utf-8', 'Meseta-Error': 'FILE_NOT_FOUND' },
  },
  { name: 'no code of another status', given: { 'meseta-error': 'FILE_NOT_FOUND' }, passed: { 'Content-Type': bytes } },
  { name: 'no other code', given: { 'meseta-error': '__proto__' }, passed: { 'Content-Type': bytes } },
];
for (const { name, given, kind = json, passed } of answers) {
  test(`headers of answers: ${name}`, () => assert.deepEqual(answerHeaders(given, kind), { ...safe, ...passed }));
}

test('requests are counted by user, by agent and in all, and each one once', () => {
  const inFlight = new InFlight({ ofUser: 2, toAgent: 3, inAll: 4 });
  const entered = (user: string, agent: string): (() => void) | Exceeded => inFlight.enter(user, agent);
  const first = entered('a', '1');
  assert.ok(typeof first === 'function');
  entered('a', '1');
  assert.equal(entered('a', '2'), 'ofUser');
  entered('b', '1');
  assert.equal(entered('c', '1'), 'toAgent');
  entered('b', '2');
  assert.equal(entered('c', '2'), 'inAll');
  first();
  first();
  assert.equal(typeof entered('a', '1'), 'function');
  assert.equal(entered('c', '2'), 'inAll');
});
