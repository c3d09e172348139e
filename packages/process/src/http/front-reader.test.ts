/** Front readers and Node's HTTP server get the same bytes, and must make the same requests of them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import fc from 'fast-check';
import { Libprocess } from '../libprocess/transport.ts';

import type { HttpLimits } from './limits.ts';
import { empty } from './reply.ts';
import { HttpServer } from './server.ts';

const UPID = 'slave(1)@127.0.0.1:5051';
const MARK = '/the-end';
/** Low, so that some requests are beyond them. */
const limits: Partial<HttpLimits> = { headerBytes: 1500, bodyBytes: 900 };

/** What a server took from a connection, and which statuses it answered with. Messages do not wait for requests. */
interface Outcome {
  readonly requests: readonly string[];
  readonly messages: readonly string[];
  readonly statuses: readonly number[];
  /** Whether it went on to the last request, which is as plain as can be. */
  readonly whole: boolean;
}

/** A server that notes what it gets as calls, as messages and as anything else. */
async function start(t: TestContext, usesFrontReaders: boolean) {
  let requests: string[] = [];
  let messages: string[] = [];
  const withBody = (what: string, body: Buffer) =>
    `${what} ${body.length} ${createHash('sha1').update(body).digest('hex').slice(0, 8)}`;
  const server = new HttpServer({
    handler: async request => {
      const { host, 'x-a': other, 'content-type': type } = request.headers;
      if (request.path !== MARK) {
        const body = await request.body();
        requests.push(withBody(`${request.method} ${request.url} ${host} ${type} ${other}`, body));
      }
      return empty(request.path === MARK ? 206 : 202);
    },
    report: () => undefined,
    calls: ['/calls'],
    ...{ limits, usesFrontReaders },
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  const owners = { ofConnection: async () => process.geteuid?.(), ofListener: async () => undefined };
  const libprocess = new Libprocess(server, { report: () => undefined, owners });
  t.after(() => libprocess.close());
  libprocess.install('master', 'a.B', (from, body) => void messages.push(withBody(`${from.id} ${from.port}`, body)));

  /** Sends bytes in pieces that end at these places. */
  return async (bytes: Buffer, cuts: readonly number[]): Promise<Outcome> => {
    requests = [];
    messages = [];
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let received = '';
    let closed = false;
    socket.on('data', piece => {
      received += piece.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed = true;
    });
    const places = [...new Set([...cuts, bytes.length])].sort((a, b) => a - b);
    let from = 0;
    for (const to of places) {
      const piece = bytes.subarray(from, to);
      from = to;
      await new Promise(resolve => socket.write(piece, resolve));
      await new Promise(setImmediate);
    }
    const whole = () => received.includes('HTTP/1.1 206');
    // The servers run in this process: what they can answer they have answered after some turns of its event loop.
    for (let turn = 0, length = 0; turn < 100 && !closed && !whole(); turn++) {
      await new Promise(setImmediate);
      if (received.length > length) turn = 0;
      length = received.length;
    }
    // They wait for more than there is.
    if (!closed && !whole()) socket.end();
    await eventually(
      () => `an end of ${JSON.stringify(bytes.toString('latin1'))}, after ${JSON.stringify(received)}`,
      () => closed || whole(),
    );
    socket.destroy();
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    return { requests, messages, statuses, whole: whole() };
  };
}

const name = fc.oneof(
  fc.constant('X-A'),
  fc.constantFrom('x-a', 'X_A', 'X!A', 'X A', 'X-A ', '', 'X-\xc4', '__proto__', 'Content-Type'),
);
const value = fc.oneof(
  fc.constantFrom('b', '', ' ', '\t b \t', 'b\x01', 'b\x7f', '\xe4', 'a\nb', 'a\rb', 'b\r\n folded', 'b, c'),
  fc.integer({ min: 1000, max: 1800 }).map(length => 'v'.repeat(length)),
);
const oddField = fc.tuple(name, fc.constantFrom(':', ': ', ' : ', ':\t'), value).map(parts => parts.join(''));
/** Header fields that say something about the connection, the framing or for whom the request is. */
const meaningfulField = fc.constantFrom(
  'Content-Length: 3',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Connection: close',
  'Connection: Keep-Alive',
  'Connection: keep-alive, te',
  'Expect: 100-continue',
  'Expect: nothing',
  'Upgrade: h2c',
  'Trailer: X-A',
  'TE: trailers',
  'Content-Encoding: identity',
  'Content-Encoding: br',
  'Host: 127.0.0.1',
  'Host: elsewhere.example',
  'Host: 1 2',
  'Origin: http://elsewhere.example',
  'User-Agent: Mozilla/5.0',
  `User-Agent: libprocess/${UPID}`,
  `Libprocess-From: ${UPID}`,
  'Libprocess-From: nobody',
  'Mesos-Stream-Id: s',
);
const body = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1200 }).map(length => 'x'.repeat(length)) },
  { weight: 1, arbitrary: fc.constantFrom('\r\n\r\n', '0\r\n\r\n', 'POST /calls HTTP/1.1\r\n\r\n') },
);

/** A body as a head announces it, and how it comes: in most cases so that they agree. */
const framed = fc
  .record({
    body,
    kind: fc.constantFrom(
      ...['length', 'length', 'length', 'chunk', 'chunk', 'chunks', 'none', 'odd length', 'odd chunks'],
    ),
    odd: fc.nat(11),
    split: fc.nat(30),
  })
  .map(({ body: text, kind, odd, split }): readonly [fields: string[], bytes: string] => {
    const size = text.length;
    const hex = size.toString(16);
    const chunk = (part: string) => (part === '' ? '' : `${part.length.toString(16)}\r\n${part}\r\n`);
    const chunked = ['Transfer-Encoding: chunked'];
    switch (kind) {
      case 'length':
        return [[`Content-Length: ${size}`], text];
      case 'chunk':
        return [chunked, `${chunk(text)}0\r\n\r\n`];
      case 'chunks':
        return [chunked, `${chunk(text.slice(0, split))}${chunk(text.slice(split))}0\r\n\r\n`];
      case 'none':
        return [[], ''];
      case 'odd length': {
        const forms = [`0${size}`, `+${size}`, `-${size}`, `${size} `, `${size}, ${size}`, `${size}x`, `0x${hex}`, ''];
        return [[`Content-Length:${forms[odd % forms.length]}`], text];
      }
      default: {
        const forms = [
          `${hex};a=b\r\n${text}\r\n0\r\n\r\n`,
          `0${hex}\r\n${text}\r\n00\r\n\r\n`,
          `${hex.toUpperCase()}\r\n${text}\r\n0\r\nX-A: b\r\n\r\n`,
          `${hex} \r\n${text}\r\n0\r\n\r\n`,
          `${hex}\n${text}\n0\n\n`,
          `+${hex}\r\n${text}\r\n0\r\n\r\n`,
          `0x${hex}\r\n${text}\r\n0\r\n\r\n`,
          `${hex}\r\n${text}y\r\n0\r\n\r\n`,
          `\r\n${text}\r\n0\r\n\r\n`,
          `-1\r\n${text}\r\n0\r\n\r\n`,
          `fffffffff\r\n${text}\r\n0\r\n\r\n`,
          `${hex}\r\n${text}0\r\n\r\n`,
        ];
        return [chunked, forms[odd % forms.length] as string];
      }
    }
  });

const usual = { weight: 20, arbitrary: fc.constant('') };
const request = fc
  .record({
    kind: fc.constantFrom('call', 'call', 'message', 'message', 'other'),
    target: fc.oneof(
      usual,
      fc.constantFrom('/calls?x', '/c%61lls', '//calls', 'http://127.0.0.1/calls', '/master/a.C', '/m%61ster/a.B', '*'),
    ),
    line: fc.oneof(usual, fc.constantFrom('HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'X')),
    method: fc.oneof(usual, fc.constantFrom('GET', 'PUT', 'post', 'HEAD', '\r\nPOST', '\nPOST', ' POST')),
    lineEnd: fc.oneof({ ...usual, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r')),
    more: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>([]) },
      fc.array(fc.oneof(oddField, meaningfulField), { minLength: 1, maxLength: 2 }),
    ),
    host: fc.oneof(usual, fc.constantFrom('elsewhere.example', '1 2', '127.0.0.1:x', 'localhost.')),
    place: fc.nat(5),
    framed,
  })
  .map(({ kind, target, line, method, lineEnd, more, host, place, framed: [framing, bytes] }) => {
    const fields = {
      call: [`Host: ${host || 'localhost'}`, 'Mesos-Stream-Id: s', 'Content-Type: application/json'],
      message: [
        `User-Agent: libprocess/${UPID}`,
        `Libprocess-From: ${UPID}`,
        'Connection: Keep-Alive',
        `Host: ${host || '[::1]:1'}`,
      ],
      other: ['Host: localhost'],
    }[kind];
    fields.push(...framing);
    fields.splice(place, 0, ...more);
    const path = { call: '/calls', message: '/master/a.B', other: '/' }[kind];
    const head = [`${method || 'POST'} ${target || path} ${line || 'HTTP/1.1'}`, ...fields, '', ''];
    return `${head.join(lineEnd)}${bytes}`;
  });

const connections = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 4 }),
  // A damaged byte, far behind in most cases.
  damage: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fc.tuple(fc.nat(1200), fc.nat(255))),
  cuts: fc.array(fc.nat(2500), { maxLength: 6 }),
});

for (const seed of [1, 20, 300, 4000]) {
  test(`front readers make of bytes what Node's HTTP server makes of them, seed ${seed}`, async t => {
    const front = await start(t, true);
    const plain = await start(t, false);
    const property = fc.asyncProperty(connections, async ({ requests, damage, cuts }) => {
      const bytes = Buffer.from(`${requests.join('')}GET ${MARK} HTTP/1.1\r\nConnection: close\r\n\r\n`, 'latin1');
      const [at, byte] = damage ?? [bytes.length, 0];
      if (at < bytes.length) bytes[at] = byte;
      const places = cuts.filter(each => each < bytes.length);
      const [ours, nodes] = [await front(bytes, places), await plain(bytes, places)];
      assert.equal(ours.whole, nodes.whole);
      if (nodes.whole) return assert.deepEqual(ours, nodes);
      // Node ends a connection with the first thing it cannot read, whatever it still owes for what came before.
      assert.deepEqual(ours.requests.slice(0, nodes.requests.length), nodes.requests);
      assert.deepEqual(ours.messages.slice(0, nodes.messages.length), nodes.messages);
    });
    await fc.assert(property, { seed, numRuns: 400, endOnFailure: false });
  });
}
