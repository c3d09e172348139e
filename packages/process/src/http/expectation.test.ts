import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { rawClient, startLibprocess } from '../testing.ts';
import { text } from './reply.ts';
import { HttpServer } from './server.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const request = (fields: string, host = 'localhost', line = 'POST /x HTTP/1.1') =>
  `${line}\r\nHost: ${host}\r\n${fields}\r\n`;
const body = 'Content-Length: 5\r\n';
const awaits = 'Expect: 100-continue\r\n';
const odd = 'Expect: bogus\r\n';
const call = 'Mesos-Stream-Id: x\r\n';

/** What is answered to each request, with the body and another request behind it. */
const cases: { name: string; head: string; body?: string; statuses: string[] }[] = [
  { name: 'a body that is waited for', head: request(awaits + body), statuses: ['100', '200', '200'] },
  { name: 'in capital letters', head: request(`EXPECT: 100-Continue\r\n${body}`), statuses: ['100', '200', '200'] },
  {
    name: 'a call of a stream',
    head: request(awaits + call + body, 'localhost', 'POST /calls HTTP/1.1'),
    statuses: ['100', '200', '200'],
  },
  {
    name: 'HTTP/1.0, which has no such thing',
    head: request(`${awaits}Connection: keep-alive\r\n${body}`, 'localhost', 'POST /x HTTP/1.0'),
    statuses: ['200', '200'],
  },
  { name: 'a foreign host', head: request(awaits + body, 'evil.example'), statuses: ['403'] },
  {
    name: 'a foreign host in a call of a stream',
    head: request(awaits + call + body, 'evil.example', 'POST /calls HTTP/1.1'),
    statuses: ['403'],
  },
  { name: 'a foreign page', head: request(`Origin: http://evil.example\r\n${awaits}${body}`), statuses: ['403'] },
  {
    name: 'a foreign host and nothing behind',
    head: request(awaits, 'evil.example'),
    body: '',
    statuses: ['403'],
  },
  {
    name: 'two ways to read its length',
    head: request(`${awaits}Transfer-Encoding: identity, chunked\r\n`),
    statuses: ['400'],
  },
  { name: 'two hosts', head: request(`${awaits}Host: localhost\r\n${body}`), statuses: ['400'] },
  { name: 'something else', head: request(odd + body), statuses: ['417'] },
  { name: 'something else besides', head: request(`Expect: 100-continue, bogus\r\n${body}`), statuses: ['417'] },
  { name: 'something else in a second header', head: request(awaits + odd + body), statuses: ['417'] },
  {
    name: 'something else before chunks',
    head: request(`${odd}Transfer-Encoding: chunked\r\n`),
    body: '0\r\n\r\n',
    statuses: ['417'],
  },
  { name: 'something else without a body', head: request(odd), body: '', statuses: ['417', '200'] },
  { name: 'something else at a foreign host', head: request(odd + body, 'evil.example'), statuses: ['403'] },
  {
    name: 'something else and two ways to read its length',
    head: request(`${odd}Transfer-Encoding: identity, chunked\r\n`),
    statuses: ['400'],
  },
];
for (const { name, head, body: sent = 'hello', statuses } of cases) {
  test(`Expect: ${name}: ${statuses}`, async t => {
    const seen: string[] = [];
    const server = new HttpServer({
      calls: ['/calls'],
      handler: async request => {
        seen.push(`${request.url} ${await request.body()}`);
        return text(200, 'OK');
      },
      report: () => undefined,
    });
    const { port } = await server.listen('127.0.0.1', 0);
    t.after(() => server.close(0));
    const client = rawClient(t, port, head + sent + NEXT);
    await eventually('end of the connection', client.ended);
    assert.deepEqual(client.text().match(/(?<=HTTP\/1\.1 )\d+/g), statuses);
    const [path = ''] = /\/\w+/.exec(head) ?? [];
    const served = [`${path} hello`, '/next '].slice(-statuses.filter(status => status === '200').length || 2);
    assert.deepEqual(seen, statuses.includes('200') ? served : []);
  });
}

const FROM = 'slave(1)@127.0.0.1:5051';
const message = (more: string, host = 'localhost') =>
  request(`User-Agent: libprocess/${FROM}\r\nLibprocess-From: ${FROM}\r\n${more}${body}`, host, 'POST /m/a.B HTTP/1.1');
const messages: { name: string; bytes: string; status: string; taken: string[] }[] = [
  { name: 'one that waits', bytes: `${message(awaits)}hello`, status: '100', taken: ['hello'] },
  { name: 'one for a foreign host', bytes: `${message(awaits, 'evil.example')}hello`, status: '403', taken: [] },
  { name: 'one that expects something else', bytes: `${message(odd)}hello`, status: '417', taken: [] },
  {
    name: 'the second that expects something else',
    bytes: `${message('')}first${message(odd)}hello`,
    status: '417',
    taken: ['first'],
  },
];
for (const { name, bytes, status, taken } of messages) {
  test(`Expect of a libprocess message: ${name}: ${status}`, async t => {
    const { libprocess, port } = await startLibprocess(t);
    const received: string[] = [];
    libprocess.install('m', 'a.B', (_, body) => void received.push(String(body)));
    const client = rawClient(t, port, bytes);
    await eventually('answer', () => client.text().includes(`HTTP/1.1 ${status} `));
    await eventually('message', () => received.length >= taken.length);
    if (taken.length === 0) await eventually('end of the connection', client.ended);
    assert.deepEqual(received, taken);
  });
}
