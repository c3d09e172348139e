import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { count, rawClient, startLibprocess } from '../testing.ts';

const UPID = 'slave(1)@127.0.0.1:5051';
const head = (name: string, rest: string) =>
  `POST /master/${name} HTTP/1.1\r\nUser-Agent: libprocess/${UPID}\r\nLibprocess-From: ${UPID}\r\n` +
  `Connection: Keep-Alive\r\nHost: 127.0.0.1:5050\r\n${rest}\r\n`;
const chunk = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n`;
const message = (body: string) => head('a.B', 'Transfer-Encoding: chunked\r\n') + (body && chunk(body) + chunk(''));
const large = 'x'.repeat(200_000);

const streams: { name: string; bytes: string; bodies: string[]; statuses?: number[] }[] = [
  { name: 'messages', bytes: message('one') + message('two'), bodies: ['one', 'two'] },
  {
    name: 'every framing',
    bytes: `${message('one')}${head('a.B', 'Content-Length: 3\r\n')}two${head('a.B', '')}${message('four')}`,
    bodies: ['one', 'two', '', 'four'],
  },
  {
    name: 'a body in several chunks, then more',
    bytes:
      message('one') +
      head('a.B', 'Transfer-Encoding: chunked\r\n') +
      chunk('t') +
      chunk('wo') +
      chunk('') +
      message('three'),
    bodies: ['one', 'two', 'three'],
  },
  { name: 'a large one', bytes: message('one') + message(large) + message('three'), bodies: ['one', large, 'three'] },
  {
    name: 'one for nobody',
    bytes: message('one') + head('a.C', '') + message('three'),
    bodies: ['one', 'three'],
    statuses: [202, 404, 202],
  },
  {
    name: 'another header',
    bytes: message('one') + head('a.B', 'Expect: nothing\r\n') + message('three'),
    bodies: ['one', 'three'],
    statuses: [202, 417, 202],
  },
  {
    name: 'a chunk that lies about its size',
    bytes: `${message('one')}${head('a.B', 'Transfer-Encoding: chunked\r\n')}2\r\nlonger\r\n0\r\n\r\n`,
    bodies: ['one'],
    statuses: [202, 400],
  },
];

for (const { name, bytes, bodies, statuses = bodies.map(() => 202) } of streams) {
  for (const pieces of ['at once', 'in small pieces']) {
    test(`${name}, ${pieces}`, async t => {
      const { libprocess, port } = await startLibprocess(t);
      const received: string[] = [];
      libprocess.install('master', 'a.B', (_, body) => void received.push(body.toString()));
      const client = rawClient(t, port);
      const size = pieces === 'at once' ? bytes.length : Math.max(7, bytes.length >> 6);
      for (let at = 0; at < bytes.length; at += size) {
        await new Promise(resolve => client.socket.write(bytes.slice(at, at + size), resolve));
      }
      await eventually('answers', () => count(client.text(), 'HTTP/1.1 ') === statuses.length);
      const answered = [...client.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
      assert.deepEqual(answered, statuses);
      assert.deepEqual(received, bodies);
    });
  }
}

test('a message that stops half-way ends its connection', async t => {
  const { libprocess, port } = await startLibprocess(t, {}, { bodyIdleMs: 50 });
  libprocess.install('master', 'a.B', () => undefined);
  const client = rawClient(t, port, message('one') + message('two').slice(0, -4));
  await eventually('end', client.ended);
});

test('a connection ends when its peer has', async t => {
  const { server, libprocess, port } = await startLibprocess(t);
  libprocess.install('master', 'a.B', () => undefined);
  const client = rawClient(t, port, message('one'));
  await eventually('message', () => libprocess.counters.received === 1);
  client.socket.end();
  await eventually('end', () => client.ended() && server.connections === 0);
});
