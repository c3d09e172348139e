import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { count, rawClient, startLibprocess } from '../testing.ts';
import { Admission, isFromBrowser, isOwnPage, type Refusal, type RequestHead } from './admission.ts';
import { FAILURES } from './failures.ts';
import { text } from './reply.ts';
import { HttpServer } from './server.ts';

const admission = new Admission({
  hosts: ['Master.Example.', '*.wild.example'],
  origins: ['https://Dash.example/', 'http://dash.example:8080'],
});

const statusOf = (refusal: Refusal | undefined) => refusal && FAILURES[refusal.code].status;

const hosts: [authority: string | undefined, status: number | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['localhost', undefined],
  ['LOCALHOST.:5050', undefined],
  ['10.1.2.3', undefined],
  ['10.1.2.3:5050', undefined],
  ['127.1:5050', undefined],
  ['2130706433', undefined],
  ['0x7f.1', undefined],
  ['[::1]:5050', undefined],
  ['[fe80::1%25eth0]:5050', undefined],
  ['[::ffff:127.0.0.1]', undefined],
  ['master.example:5050', undefined],
  ['MASTER.example.:80', undefined],
  ['a.wild.example', undefined],
  ['a.b.wild.example:1', undefined],
  ['wild.example', 403],
  ['evilwild.example', 403],
  ['master.example.evil.example', 403],
  ['master', 403],
  ['localhost.evil.example', 403],
  ['evil.localhost', 403],
  ['127.0.0.1.evil.example', 403],
  ['127-0-0-1.evil.example', 403],
  ['xn--lcalhost-54a', 403],
  ['127.0.0.1@evil.example', 400],
  ['evil.example@127.0.0.1', 400],
  ['evil.example:80@127.0.0.1', 400],
  ['127.0.0.1, evil.example', 400],
  ['127.0.0.1/evil.example', 400],
  ['127.0.0.1#evil.example', 400],
  ['127.0.0.1:80:80', 400],
  ['127.0.0.1:x', 400],
  ['[::1', 400],
  ['[evil.example]', 400],
  ['999.999.999.999', 400],
  ['%6cocalhost', 400],
  ['löcalhost', 400],
  ['local host', 400],
];
for (const [authority, status] of hosts) {
  test(`Host '${authority}': ${status ?? 'answered'}`, () => {
    const head: RequestHead = { method: 'GET', url: '/state', authority, headers: {} };
    assert.equal(statusOf(admission.refusal(head)), status);
    assert.equal(statusOf(admission.refusal(head)), status, 'from memory');
  });
}

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const image = { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
const authority = '10.0.0.1:5050';
const own = `http://${authority}`;
const pages: { name: string; answered: boolean; method?: string; url?: string; headers: RequestHead['headers'] }[] = [
  { name: 'no page', answered: true, method: 'POST', headers: {} },
  { name: 'a page of ours', answered: true, method: 'POST', headers: { origin: own } },
  { name: 'a page of ours behind TLS', answered: true, headers: { origin: `https://${authority}` } },
  { name: 'another port', answered: false, headers: { origin: 'http://10.0.0.1:8080' } },
  { name: 'no port', answered: false, headers: { origin: 'http://10.0.0.1' } },
  { name: 'another host', answered: false, headers: { origin: 'http://evil.example' } },
  { name: 'a name that begins like ours', answered: false, headers: { origin: `http://${authority}.evil.example` } },
  { name: 'our name as user', answered: false, headers: { origin: `http://${authority}@evil.example` } },
  { name: 'an opaque origin', answered: false, headers: { origin: 'null' } },
  { name: 'an empty origin', answered: false, headers: { origin: '' } },
  { name: 'a file', answered: false, headers: { origin: 'file://' } },
  { name: 'an extension', answered: false, headers: { origin: 'chrome-extension://abcdefgh' } },
  { name: 'a named origin', answered: true, method: 'POST', headers: { origin: 'https://dash.example' } },
  { name: 'a named origin on another port', answered: false, headers: { origin: 'https://dash.example:8080' } },
  { name: 'a named host by another scheme', answered: false, headers: { origin: 'http://dash.example' } },
  {
    name: 'a named origin, across sites',
    answered: true,
    headers: { origin: 'https://dash.example', 'sec-fetch-site': 'cross-site' },
  },
  {
    name: 'a link elsewhere',
    answered: true,
    headers: { referer: 'https://wiki.example/x', 'sec-fetch-site': 'cross-site', ...navigation },
  },
  { name: 'a link elsewhere, told by Referer only', answered: true, headers: { referer: 'https://wiki.example/x' } },
  {
    name: 'an image elsewhere',
    answered: false,
    headers: { referer: 'https://wiki.example/x', 'sec-fetch-site': 'cross-site', ...image },
  },
  { name: 'an image on another port', answered: false, headers: { 'sec-fetch-site': 'same-site', ...image } },
  { name: 'an image of ours', answered: true, headers: { 'sec-fetch-site': 'same-origin', ...image } },
  { name: 'a typed address', answered: true, headers: { 'sec-fetch-site': 'none', ...navigation } },
  {
    name: 'a form elsewhere',
    answered: false,
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site', ...navigation },
  },
  {
    name: 'a form elsewhere, told by Referer only',
    answered: false,
    method: 'POST',
    headers: { referer: 'https://evil.example/' },
  },
  { name: 'a form of ours, told by Referer only', answered: true, method: 'POST', headers: { referer: `${own}/help` } },
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/ping', undefined].map(
    type => ({
      name: `a form with ${type} of a browser that does not say of which page`,
      answered: false,
      method: 'POST',
      url: '/maintenance/schedule',
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)', ...(type && { 'content-type': type }) },
    }),
  ),
  {
    name: 'a browser of another name',
    answered: false,
    method: 'PUT',
    headers: { 'user-agent': 'Opera/9.80 (Windows NT 6.1) Presto/2.12.388' },
  },
  {
    name: 'a browser that does not say of which page, with JSON',
    answered: true,
    method: 'POST',
    headers: { 'user-agent': 'mozilla/5.0', 'content-type': 'application/json; charset=utf-8' },
  },
  {
    name: 'a browser that says that the page is ours',
    answered: true,
    method: 'POST',
    headers: { 'user-agent': 'Mozilla/5.0', 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' },
  },
  {
    name: 'a program that sends a form',
    answered: true,
    method: 'POST',
    headers: { 'user-agent': 'curl/8.0', 'content-type': 'application/x-www-form-urlencoded' },
  },
  { name: 'jsonp for a program', answered: true, url: '/state?jsonp=f', headers: { 'user-agent': 'curl/8.0' } },
  {
    name: 'jsonp for a browser that does not say of which page',
    answered: false,
    url: '/state?jsonp=f',
    headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' },
  },
  {
    name: 'jsonp after a typed address',
    answered: false,
    url: '/state?jsonp=f',
    headers: { 'sec-fetch-site': 'none', ...navigation },
  },
  {
    name: 'jsonp for others',
    answered: false,
    url: '/state?a=b&jsonp=f',
    headers: { referer: 'https://evil.example/' },
  },
  { name: 'jsonp for ours', answered: true, url: '/state?jsonp=f', headers: { referer: `${own}/` } },
  {
    name: 'jsonp for named ones',
    answered: true,
    url: '/state?jsonp=f',
    headers: { referer: 'https://dash.example/x?y', 'sec-fetch-site': 'cross-site' },
  },
  { name: 'jsonp without a function', answered: true, url: '/state?jsonp=', headers: {} },
];
for (const { name, answered, method = 'GET', url = '/state', headers } of pages) {
  test(`${method} ${url} by ${name}: ${answered ? 'answered' : 'refused'}`, () => {
    assert.equal(statusOf(admission.refusal({ method, url, authority, headers })), answered ? undefined : 403);
  });
}

test('everything may be let in', () => {
  const open = new Admission({ hosts: ['*'], origins: ['*'] });
  const headers = { origin: 'null', 'sec-fetch-site': 'cross-site' };
  assert.equal(open.refusal({ method: 'POST', url: '/?jsonp=f', authority: 'any.example', headers }), undefined);
});

test('a refusal says what to do', () => {
  const refusal = (host: string, headers: RequestHead['headers']) =>
    admission.refusal({ method: 'GET', url: '/', authority: host, headers })?.message ?? '';
  assert.match(refusal('evil.example:80', {}), /not known as 'evil\.example'.*--allowed_hosts=evil\.example$/);
  assert.match(
    refusal(authority, { origin: 'http://a.b' }),
    /'http:\/\/a\.b' may not.*--allowed_origins=http:\/\/a\.b$/,
  );
});

test('browsers are known by what pages cannot take away', () => {
  assert.ok(isFromBrowser({ 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' }));
  assert.ok(isFromBrowser({ referer: 'http://a/' }));
  assert.ok(isFromBrowser({ 'sec-fetch-site': 'none' }));
  assert.ok(!isFromBrowser({ 'user-agent': 'curl/8.0', 'sec-fetch-mode': 'cors' }));
});

const ownPages: [name: string, headers: RequestHead['headers'], isOwn: boolean][] = [
  ['a program', {}, true],
  ['the browser says so', { origin: 'https://meseta.example', 'sec-fetch-site': 'same-origin' }, true],
  ['a typed address', { 'sec-fetch-site': 'none' }, true],
  ['the same host and port', { origin: own }, true],
  ['the same, told by Referer', { referer: `${own}/help` }, true],
  ['another port', { origin: 'http://10.0.0.1:8080' }, false],
  ['another port, as the browser says', { origin: own, 'sec-fetch-site': 'same-site' }, false],
  ['an extension', { origin: 'chrome-extension://abc', 'sec-fetch-site': 'none' }, false],
  ['an opaque origin', { origin: 'null' }, false],
  ['a link elsewhere', { 'sec-fetch-site': 'cross-site' }, false],
];
for (const [name, headers, isOwn] of ownPages) {
  test(`${name}: ${isOwn ? '' : 'not '}a page of ours`, () =>
    assert.equal(isOwnPage({ host: authority, ...headers }), isOwn));
}

test('every way into a server is guarded, and refusals are told once', async t => {
  const reports: string[] = [];
  const seen: string[] = [];
  const server = new HttpServer({
    calls: ['/calls'],
    handler: request => {
      seen.push(request.url);
      return text(200, 'OK');
    },
    report: (_, message) => reports.push(message),
  });
  t.after(() => server.close(0));
  const { port } = await server.listen('127.0.0.1', 0);
  const call = 'POST /calls HTTP/1.1\r\nMesos-Stream-Id: x\r\nHost: evil.example\r\n';
  for (const head of [
    'GET /state HTTP/1.1\r\nHost: evil.example\r\n',
    'GET /nope HTTP/1.1\r\nHost: evil.example\r\n',
    'GET http://evil.example/state HTTP/1.1\r\nHost: localhost\r\n',
    `${call}Connection: keep-alive\r\n`,
    call.replace('evil.example', 'localhost').replace('\r\nHost', '\r\nOrigin: http://evil.example\r\nHost'),
  ]) {
    const client = rawClient(t, port, `${head}\r\n`);
    await eventually('refusal', () => client.text().startsWith('HTTP/1.1 403 '));
  }
  assert.deepEqual(seen, []);
  assert.equal(reports.length, 2, reports.join('\n'));
  const client = rawClient(t, port, 'GET http://localhost/state HTTP/1.1\r\nHost: evil.example\r\n\r\n');
  await eventually('answer', () => client.text().startsWith('HTTP/1.1 200 '));
  assert.deepEqual(seen, ['/state']);
});

const FROM = 'slave(1)@127.0.0.1:5051';
const message = (host: string, more = '') =>
  `POST /master/a.B HTTP/1.1\r\nUser-Agent: libprocess/${FROM}\r\nLibprocess-From: ${FROM}\r\n` +
  `Connection: Keep-Alive\r\n${host}${more}\r\n`;

test('messages of libprocess are guarded, too', async t => {
  const { libprocess, port } = await startLibprocess(t);
  let received = 0;
  libprocess.install('master', 'a.B', () => void received++);
  const oldPeer = message('').replace('HTTP/1.1', 'HTTP/1.0').replace(`Libprocess-From: ${FROM}\r\n`, '');
  const bytes = [
    message('Host: 127.0.0.1:5050\r\n'),
    message('Host: evil.example\r\n'),
    message('Host: localhost\r\n', 'Origin: http://evil.example\r\n'),
    message(''),
    oldPeer,
  ].join('');
  const client = rawClient(t, port, bytes);
  await eventually('answers', () => count(client.text(), 'HTTP/1.1 ') === 5);
  assert.deepEqual(client.text().match(/(?<=HTTP\/1\.1 )\d+/g), ['202', '403', '403', '202', '202']);
  assert.equal(received, 3);
});
