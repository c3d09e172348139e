/** Large files by http, whose bodies are read past the HTTP client. The servers are real, and some of them hostile. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Authority } from '@meseta/process/testing';
import { eventually } from '@meseta/system/testing';
import { bench, cacheBench } from './testing/bench.ts';
import { type RawAnswer, rawServer } from './testing/raw-server.ts';

const contents = randomBytes(6 * 2 ** 20 + 12_345);
const middle = 3 * 2 ** 20 + 1;
const failed = { code: 'FETCH', message: /exited with status 1/ };
const quick = { resumePauseMs: 1 };

const resumable = 'accept-ranges: bytes\r\netag: "one"\r\n';
/** Returns the head of an answer with all of the file, or with the rest from a byte on. */
function head(from = 0, more = ''): string {
  const range = `content-range: bytes ${from}-${contents.length - 1}/${contents.length}\r\n`;
  const status = from > 0 ? `206 Partial Content\r\n${range}` : '200 OK\r\n';
  return `HTTP/1.1 ${status}content-length: ${contents.length - from}\r\n${more}\r\n`;
}

/** Writes bytes in parts of a size, each after the one before has left. */
async function trickle(socket: Socket, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    await new Promise(resolve => socket.write(bytes.subarray(at, at + size), resolve));
  }
}

function chunked(body: Buffer): Buffer[] {
  const parts = Array.from({ length: Math.ceil(body.length / 100_000) }, (_, i) =>
    body.subarray(i * 100_000, (i + 1) * 100_000),
  );
  return [
    ...parts.flatMap(part => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ];
}

const answers: [name: string, answer: RawAnswer][] = [
  ['as it is', socket => socket.write(Buffer.concat([Buffer.from(head()), contents]))],
  ['in small parts', socket => trickle(socket, Buffer.concat([Buffer.from(head()), contents]), 9973)],
  [
    'with a head that comes byte by byte',
    async socket => {
      await trickle(socket, Buffer.from(head()), 1);
      socket.write(contents);
    },
  ],
  [
    'with more behind it than was announced',
    socket => socket.write(Buffer.concat([Buffer.from(head()), contents, contents])),
  ],
  [
    'with the end of the connection behind it',
    socket => socket.end(Buffer.concat([Buffer.from(head(0, 'connection: close\r\n')), contents])),
  ],
  [
    'in chunks',
    socket =>
      socket.write(
        Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'), ...chunked(contents)]),
      ),
  ],
  [
    'up to the end of its connection',
    socket => socket.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), contents])),
  ],
];
for (const [name, answer] of answers) {
  test(`a large file ${name}`, async t => {
    const { fetch, sandbox } = await bench(t);
    const { url, count } = await rawServer(t, answer);
    await fetch({ value: `${url}/file` });
    assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
    assert.equal(count(), 1);
  });
}

const contradictions: [name: string, lines: string][] = [
  ['a length and chunks', `content-length: ${contents.length}\r\ntransfer-encoding: chunked\r\n`],
  ['chunks and a length', `transfer-encoding: chunked\r\ncontent-length: ${contents.length}\r\n`],
  ['a length and a compression', `content-length: ${contents.length}\r\ntransfer-encoding: gzip\r\n`],
  ['two lengths', `content-length: ${contents.length}\r\ncontent-length: ${contents.length}\r\n`],
];
for (const [name, lines] of contradictions) {
  test(`a large file with ${name} is refused`, async t => {
    const { fetch, list } = await bench(t);
    const { url, count } = await rawServer(t, socket => {
      socket.write(`HTTP/1.1 200 OK\r\n${lines}\r\n`);
      socket.write(contents);
    });
    await assert.rejects(fetch({ value: `${url}/file` }), failed);
    assert.deepEqual(await list(), []);
    assert.equal(count(), 1);
  });
}

const breaks: [name: string, end: (socket: Socket) => unknown, said: RegExp, stallTimeoutMs?: number][] = [
  ['breaks off', socket => socket.resetAndDestroy(), /broke the connection off/],
  ['ends too early', socket => socket.end(), /broke the connection off/],
  ['stalls', () => undefined, /stalled: \S+ sent nothing for 0\.5 s/, 500],
];
for (const [name, end, said, stallTimeoutMs = 60_000] of breaks) {
  const options = { ...quick, stallTimeoutMs };
  const part = (from: number) => contents.subarray(from, middle);

  test(`a large file that ${name} in the middle goes on there`, async t => {
    const { fetch, read, sandbox } = await bench(t, options);
    const asked: number[] = [];
    const { url } = await rawServer(t, (socket, { count, from }) => {
      asked.push(from);
      socket.write(head(from, resumable));
      if (count > 1) socket.write(contents.subarray(from));
      else socket.write(part(from), () => end(socket));
    });
    await fetch({ value: `${url}/file` });
    assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
    assert.match(await read('stderr'), new RegExp(`^Resuming .*${said.source}.* \\(1 of 5\\)\\nFetched .*\\n$`));
    const [, from = 0] = asked;
    if (name !== 'breaks off') assert.equal(from, middle, 'all that came is kept'); // a reset takes away what was not read
  });

  test(`a large file that ${name} in the middle of a server that does not offer the rest`, async t => {
    const { fetch, list, read } = await bench(t, options);
    const { url, count } = await rawServer(t, socket =>
      socket.write(Buffer.concat([Buffer.from(head()), part(0)]), () => end(socket)),
    );
    await assert.rejects(fetch({ value: `${url}/file` }), failed);
    assert.match(await read('stderr'), new RegExp(`^Failed .*${said.source}.*does not offer to send the rest`));
    assert.deepEqual(await list(), []);
    assert.equal(count(), 1);
  });
}

test('a kill in the middle of a large file', async t => {
  const { fetch, fetcher, list, sandbox } = await bench(t);
  const sent = Promise.withResolvers<void>();
  const { url } = await rawServer(t, socket => {
    socket.on('close', sent.resolve);
    socket.write(Buffer.concat([Buffer.from(head()), contents.subarray(0, middle)]));
  });
  const fetching = assert.rejects(fetch({ value: `${url}/file` }), { code: 'DESTROYED' });
  await eventually('half of it is there', async () => (await bytesBelow(sandbox)) > middle / 2);
  fetcher.cancel('c' as never);
  await fetching;
  assert.deepEqual(await list(), []);
  await sent.promise;
});

/** Returns how many bytes all files below a directory have. */
async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
}

test('a large file over TLS', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'large-files-'));
  t.after(() => rm(directory, { recursive: true }));
  const authority = new Authority(directory);
  const { certFile, keyFile } = authority.issue('server');
  const [cert, key, ca] = await Promise.all([certFile, keyFile, authority.caFile].map(file => readFile(file, 'utf8')));
  const server = createTlsServer({ cert, key }, (_, response) => {
    response.writeHead(200, { 'content-length': contents.length }).end(contents);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const before = getCACertificates();
  setDefaultCACertificates([...before, String(ca)]);
  t.after(() => setDefaultCACertificates(before));
  const { fetch, sandbox } = await bench(t);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetch({ value: `${url}/file` });
  assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
});

/** Starts a proxy that is in the environment during the test. @returns the targets that it was asked for. */
async function useProxy(t: TestContext): Promise<string[]> {
  const targets: string[] = [];
  const proxy = createServer().listen(0, '127.0.0.1');
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    targets.push(url);
    const server = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    for (const socket of [client, server]) socket.on('error', () => undefined);
    t.after(() => client.destroy());
  });
  await once(proxy, 'listening');
  process.env.http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  t.after(() => {
    delete process.env.http_proxy;
    proxy.close();
  });
  return targets;
}

test('a large file through a proxy', async t => {
  const targets = await useProxy(t);
  const { fetch, read, sandbox } = await bench(t, quick);
  const { url, count } = await rawServer(t, (socket, { count: number, from }) => {
    socket.write(head(from, resumable));
    if (number === 1) socket.end(contents.subarray(0, middle));
    else socket.write(contents.subarray(from));
  });
  await fetch({ value: `${url}/file` });
  assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
  assert.match(await read('stderr'), /^Resuming .*broke the connection off.*\nFetched .*\n$/);
  const { host } = new URL(url);
  assert.equal(count(), 2);
  assert.deepEqual([...new Set(targets)], [host]);
});

test('a large file through the cache: one download for all, which goes on when it breaks off', async t => {
  const { container, fetcher } = await cacheBench(t, { totalBytes: contents.length, options: quick });
  const { url, count } = await rawServer(t, (socket, request) => {
    socket.write(head(request.from, resumable));
    if (request.count > 1) socket.write(contents.subarray(request.from));
    else socket.write(contents.subarray(0, middle), () => socket.resetAndDestroy());
  });
  const all = await Promise.all(['a', 'b', 'c'].map(name => container(name)));
  await Promise.all(all.map(({ fetch }) => fetch({ value: `${url}/file`, cache: true })));
  for (const { sandbox } of all) assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
  assert.equal(count(), 2);
  assert.equal(fetcher.cacheUsedBytes, contents.length);
});

test('a large file that has no room in the cache goes past it', async t => {
  const { cached, container, fetcher } = await cacheBench(t, { totalBytes: contents.length - 1 });
  const { url } = await rawServer(t, socket => socket.write(Buffer.concat([Buffer.from(head()), contents])));
  const { fetch, sandbox } = await container('a');
  await fetch({ value: `${url}/file`, cache: true });
  assert.ok(contents.equals(await readFile(`${sandbox}/file`)));
  assert.deepEqual(await cached(), []);
  assert.equal(fetcher.cacheUsedBytes, 0);
});
