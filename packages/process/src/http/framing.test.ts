/** Where one request ends and the next begins: as for Node's strict parser, or the connection is refused. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Libprocess } from '../libprocess/transport.ts';
import { count, rawClient } from '../testing.ts';
import { text } from './reply.ts';
import { HttpServer } from './server.ts';

const UPID = 'slave(1)@127.0.0.1:5051';
const NEXT = 'GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n';
const hello = '5\r\nhello\r\n0\r\n\r\n';
const post = (fields: string, body = 'hello', version = '1.1') =>
  `POST /x HTTP/${version}\r\nHost: localhost\r\n${fields}\r\n${body}`;
const chunks = (body: string) => post('Transfer-Encoding: chunked\r\n', body);

const refused: Record<string, string> = {
  'another coding before chunked': post('Transfer-Encoding: identity, chunked\r\n', hello),
  'gzip before chunked': post('Transfer-Encoding: gzip, chunked\r\n', hello),
  'another coding in a header before': post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', hello),
  'chunked twice': post('Transfer-Encoding: chunked, chunked\r\n', hello),
  'chunked in two headers': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', hello),
  'another coding': post('Transfer-Encoding: identity\r\n', hello),
  'nearly chunked': post('Transfer-Encoding: xchunked\r\n', hello),
  'a parameter of chunked': post('Transfer-Encoding: chunked;q=1\r\n', hello),
  'quoted chunked': post('Transfer-Encoding: "chunked"\r\n', hello),
  'no coding': post('Transfer-Encoding:\r\n', hello),
  'a vertical tab before chunked': post('Transfer-Encoding:\x0bchunked\r\n', hello),
  'chunks of HTTP/1.0': post('Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n', hello, '1.0'),
  'length before chunks': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', hello),
  'chunks before length': post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', hello),
  'a coding hidden behind thousands of headers': post(
    `${'X:\r\n'.repeat(2100)}Transfer-Encoding: gzip, chunked\r\n`,
    hello,
  ),
  'a host hidden behind thousands of headers': post(
    `${'X:\r\n'.repeat(2100)}Host: evil.example\r\nContent-Length: 5\r\n`,
  ),
  'the same length twice': post('Content-Length: 5\r\nContent-Length: 5\r\n'),
  'a list of lengths': post('Content-Length: 5, 5\r\n'),
  'a length with a sign': post('Content-Length: +5\r\n'),
  'a negative length': post('Content-Length: -5\r\n'),
  'a hexadecimal length': post('Content-Length: 0x5\r\n'),
  'no length': post('Content-Length:\r\n'),
  'two numbers as length': post('Content-Length: 5 5\r\n'),
  'a length beyond 64 bits': post('Content-Length: 18446744073709551621\r\n'),
  'a folded header': post('X: a\r\n b\r\nContent-Length: 5\r\n'),
  'a folded coding': post('Transfer-Encoding:\r\n chunked\r\n', hello),
  'a folded first header': `POST /x HTTP/1.1\r\n X: a\r\nContent-Length: 5\r\n\r\nhello`,
  'lines that end in LF': 'POST /x HTTP/1.1\nContent-Length: 5\n\nhello',
  'a header that ends in LF': post('X: a\nContent-Length: 5\r\n'),
  'a head that ends in LF': 'POST /x HTTP/1.1\r\nContent-Length: 5\r\n\nhello',
  'CR in a header': post('X: a\rContent-Length: 5\r\n'),
  'CR before the end of a header': post('X: a\r\r\nContent-Length: 5\r\n'),
  'NUL in a header': post('X: a\0\r\nContent-Length: 5\r\n'),
  'a blank before the colon': post('Content-Length : 5\r\n'),
  'a tab before the colon': post('Content-Length\t: 5\r\n'),
  'no colon': post('Content-Length 5\r\n'),
  'no name': post(': x\r\nContent-Length: 5\r\n'),
  'two senders': post('Authorization: Basic YTpi\r\nauthorization: Basic Yzpk\r\nContent-Length: 5\r\n'),
  'two hosts': post('Host: localhost\r\nContent-Length: 5\r\n'),
  'HTTP/2.0': post('Content-Length: 5\r\n', 'hello', '2.0'),
  'HTTP/0.9': post('Content-Length: 5\r\n', 'hello', '0.9'),
  'HTTP/1.2': post('Content-Length: 5\r\n', 'hello', '1.2'),
  'a size with a prefix': chunks('0x5\r\nhello\r\n0\r\n\r\n'),
  'a size with a sign': chunks('+5\r\nhello\r\n0\r\n\r\n'),
  'a blank before a size': chunks(' 5\r\nhello\r\n0\r\n\r\n'),
  'a blank after a size': chunks('5 \r\nhello\r\n0\r\n\r\n'),
  'no size': chunks('\r\nhello\r\n0\r\n\r\n'),
  'a size beyond 64 bits': chunks('10000000000000005\r\nhello\r\n0\r\n\r\n'),
  'a size that ends in LF': chunks('5\nhello\r\n0\r\n\r\n'),
  'an extension that ends in LF': chunks('5;a\nhello\r\n0\r\n\r\n'),
  'a line break in an extension': chunks('5;a="\r\nhello"\r\n0\r\n\r\n'),
  'a chunk that ends in LF': chunks('5\r\nhello\n0\r\n\r\n'),
  'a chunk longer than its size': chunks('4\r\nhello\r\n0\r\n\r\n'),
  'a last chunk that ends in LF': chunks('5\r\nhello\r\n0\n\n'),
  'a blank before the colon of a trailer': chunks('5\r\nhello\r\n0\r\nX : y\r\n\r\n'),
  'a length in a trailer': chunks('5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n'),
  'a coding in a trailer': chunks('5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'),
};

interface Seen {
  readonly url: string;
  /** Whether a header says that it is a message. */
  readonly sent?: boolean;
  body: string | undefined;
}

/** A server of ours that takes calls and messages on their fast ways, too, and what it saw, by way. */
async function startOurs(t: TestContext) {
  const seen: Record<'http' | 'messages', Seen[]> = { http: [], messages: [] };
  const server = new HttpServer({
    calls: ['/calls'],
    handler: async request => {
      const entry: Seen = { url: request.url, body: undefined };
      seen.http.push(entry);
      entry.body = (await request.body()).toString('latin1');
      return text(200, 'OK');
    },
    report: () => undefined,
  });
  const libprocess = new Libprocess(server, { report: () => undefined });
  libprocess.install(
    'm',
    'a.B',
    (_, body) => void seen.messages.push({ url: '/m/a.B', body: body.toString('latin1') }),
  );
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  return { port, seen, idle: () => server.connections === 0 };
}

for (const [name, bytes] of Object.entries(refused)) {
  test(`refuses ${name}`, async t => {
    const { port, seen, idle } = await startOurs(t);
    const client = rawClient(t, port, Buffer.from(bytes + NEXT, 'latin1'));
    await eventually('end of the connection', () => client.ended() && idle());
    assert.match(client.text(), /^HTTP\/1\.1 400 [\s\S]*?\r\nMeseta-Error: REQUEST_(MALFORMED|AMBIGUOUS)\r\n/);
    assert.equal(count(client.text(), 'HTTP/1.1 '), 1);
    assert.deepEqual(
      seen.http.filter(({ body }) => body !== undefined),
      [],
    );
  });
}

test('what comes before an ambiguous request is answered', async t => {
  const { port, seen } = await startOurs(t);
  const client = rawClient(t, port, `${NEXT}${NEXT}${refused['another coding before chunked']}${NEXT}`);
  await eventually('end of the connection', client.ended);
  assert.deepEqual(client.text().match(/(?<=HTTP\/1\.1 )\d+/g), ['200', '200', '400']);
  assert.match(client.text(), /'Transfer-Encoding' must be 'chunked' and nothing else/);
  assert.equal(seen.http.length, 2);
});

test('what follows the end of a connection is no request', async t => {
  const closing = NEXT.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  const upgrading = NEXT.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  for (const bytes of [closing, upgrading]) {
    const { port, seen } = await startOurs(t);
    const client = rawClient(t, port, `${bytes}${NEXT}`);
    await eventually('end of the connection', client.ended);
    assert.equal(count(client.text(), 'HTTP/1.1 200 '), 1, client.text());
    assert.equal(seen.http.length, 1);
  }
});

/** Node's own server, which reads strictly. */
async function startNodes(t: TestContext) {
  const seen: Seen[] = [];
  const server: Server = createServer({ requireHostHeader: false, maxHeaderSize: 32 * 1024 }, (request, response) => {
    void look(request, seen);
    response.end();
  });
  server.maxHeadersCount = 0;
  let open = 0;
  server.on('connection', socket => {
    open++;
    socket.on('close', () => open--).on('error', () => undefined);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, seen, idle: () => open === 0 };
}

async function look(request: IncomingMessage, seen: Seen[]): Promise<void> {
  const { 'user-agent': agent, 'libprocess-from': from } = request.headers;
  const sent = request.method === 'POST' && (from !== undefined || agent !== undefined);
  const entry: Seen = { url: request.url ?? '', sent, body: undefined };
  seen.push(entry);
  try {
    let body = '';
    for await (const piece of request) body += piece.toString('latin1');
    entry.body = body;
  } catch {
    // The connection ended within the body.
  }
}

/** The same numbers for every run of a seed. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield state >>> 8;
  }
}

const paths = [
  'POST /x HTTP/1.1',
  'POST /calls HTTP/1.1',
  'POST /m/a.B HTTP/1.1',
  'GET /y?z HTTP/1.1',
  'POST /calls HTTP/1.0',
  'POST http://localhost/x HTTP/1.1',
];
const fields = [
  'Mesos-Stream-Id: s',
  `User-Agent: libprocess/${UPID}`,
  `Libprocess-From: ${UPID}`,
  'Connection: keep-alive',
  'Connection: Keep-Alive',
  'X: a',
  'Content-Type: application/json',
];
const odd = [
  'Connection: close',
  'Connection: x, close',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding : chunked',
  'transfer-encoding:\tchunked',
  'Transfer-Encoding: Chunked ',
  'TRANSFER-ENCODING: identity',
  'Content-Length: 3',
  'Content-Length:3 ',
  'Content-Length: 003',
  'content-length : 3',
  'Content-Length: 3,3',
  'X: a\r\n b',
  'X: a\nContent-Length: 3',
  'X: \x80\xff',
  'X: a\x01',
  'X_y: z',
  "!#$%&'*+.^`|~: z",
  'Host: localhost',
  'Expect: 100-continue',
  'Trailer: X',
  '',
];
const sizes = [
  '3',
  '03',
  '3;a=b',
  '3 ',
  ' 3',
  '0x3',
  '+3',
  '3\n',
  '',
  '2',
  '4',
  '000000000003',
  'A',
  'FFFFFFFFFFFFFFFF3',
];
const ends = ['0\r\n\r\n', '0\r\nX: y\r\n\r\n', '00\r\n\r\n', '0\n\n', '0\r\nContent-Length: 1\r\n\r\n', '0;a\r\n\r\n'];

test('reads many byte sequences as Node does, or refuses them', async t => {
  const [ours, nodes] = [await startOurs(t), await startNodes(t)];
  const random = numbers(Number(process.env.FRAMING_SEED ?? 1));
  const below = (limit: number) => (random.next().value as number) % limit;
  const pick = (list: readonly string[]) => list[below(list.length)] as string;
  const usually = (share: number) => below(100) < share;
  const request = () => {
    const own = [...new Set(Array.from({ length: below(5) }, () => pick(usually(85) ? fields : odd)))];
    const way = below(3);
    if (way === 1) own.push('Content-Length: 3');
    if (way === 2) own.push('Transfer-Encoding: chunked');
    const chunked = `${usually(70) ? '3' : pick(sizes)}\r\nabc\r\n${usually(80) ? '0\r\n\r\n' : pick(ends)}`;
    const body = way === 0 ? '' : way === 1 ? 'abc' : chunked;
    return `${pick(paths)}\r\n${[...own.map(each => `${each}\r\n`)].join('')}\r\n${body}`;
  };
  // Whatever is still expected when the requests are over comes to an end in this.
  const filler = `${NEXT}GET /last HTTP/1.1\r\nConnection: close\r\n\r\n${'~'.repeat(200_000)}`;
  let [whole, cut] = [0, 0];
  for (let round = 0; round < 200; round++) {
    for (const list of [ours.seen.http, ours.seen.messages, nodes.seen]) list.length = 0;
    const bytes = Buffer.from(Array.from({ length: 1 + below(5) }, request).join('') + filler, 'latin1');
    const at = below(400);
    for (const { port, idle } of [ours, nodes]) {
      const client = rawClient(t, port);
      client.socket.write(bytes.subarray(0, at));
      if (usually(50)) await new Promise(resolve => setImmediate(resolve));
      client.socket.write(bytes.subarray(at));
      await eventually('end of the connection', () => client.ended() && idle());
    }
    const context = JSON.stringify(bytes.subarray(0, -200_000).toString('latin1'));
    const http = compare(
      ours.seen.http,
      nodes.seen.filter(({ sent }) => !sent),
      context,
    );
    const theirs = nodes.seen.filter(({ sent, url }) => sent && url === '/m/a.B');
    const messages = compare(ours.seen.messages, theirs, context);
    if (http && messages) whole++;
    else cut++;
  }
  assert.ok(whole > 20 && cut > 5, `${whole} read to the end, ${cut} cut short`);
});

/** Whether all was read; fails when anything was read that Node does not see, or sees otherwise. */
function compare(ours: readonly Seen[], nodes: readonly Seen[], context: string): boolean {
  for (const [index, { url, body }] of ours.entries()) {
    const theirs = nodes[index];
    assert.ok(theirs, `only we see ${url} '${body}' in ${context}`);
    assert.equal(url, theirs.url.replace('http://localhost', ''), context);
    if (body !== undefined && theirs.body !== undefined) assert.equal(body, theirs.body, context);
  }
  return ours.length === nodes.length;
}

for (const [name, body] of [
  ['chunks that do not end', '2\r\n{}XX0\r\n\r\n'],
  ['a chunk of a negative size', '-2\r\n{}\r\n0\r\n\r\n'],
]) {
  test(`a message for nobody with ${name} gets one answer, then the end`, async t => {
    const server = new HttpServer({ handler: () => text(200, 'OK'), report: () => undefined });
    new Libprocess(server);
    const { port } = await server.listen('127.0.0.1', 0);
    t.after(() => server.close(0));
    const head = `POST /master/a.B HTTP/1.1\r\nHost: localhost\r\nLibprocess-From: ${UPID}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const client = rawClient(t, port, head + body);
    await eventually('the end', client.ended);
    assert.equal(count(client.text(), 'HTTP/1.1 '), 1, client.text());
    assert.match(client.text(), /^HTTP\/1\.1 40[04] /);
  });
}
