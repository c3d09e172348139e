/** Changing the protocol of a connection: by a handler, behind everything that requests pass; nothing else does. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { count, rawClient } from '../testing.ts';
import { empty, failure, text } from './reply.ts';
import type { Response } from './response.ts';
import { Router } from './router.ts';
import { HttpServer } from './server.ts';

const ask = (path: string, protocol = 'echo', fields = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${fields}\r\n`;

function echo(socket: Socket, head: Buffer): void {
  socket.write(head);
  socket.on('data', data => socket.write(data));
}

async function start(t: TestContext, upgrades?: readonly string[]) {
  const reports: string[] = [];
  const router = new Router({
    delegate: 'a',
    guards: [({ headers }) => (headers['x-secret'] === undefined ? failure('AUTHENTICATION_REQUIRED') : undefined)],
  });
  const help = { summary: 'A test.' };
  const switches = (): Response => ({ status: 101, take: echo });
  router.add('a', [
    { path: '/echo', help, handler: switches },
    { path: '/plain', help, handler: async request => text(200, `plain ${await request.body()}`) },
    {
      path: '/own',
      help,
      handler: () => ({
        status: 101,
        writesHead: true,
        take: socket => void socket.end('HTTP/1.1 101 Own\r\nX: y\r\n\r\n'),
      }),
    },
    { path: '/late', help, handler: () => new Promise(resolve => setImmediate(() => resolve(empty(202)))) },
  ]);
  const server = new HttpServer({
    ...(upgrades && { upgrades }),
    handler: router.handle,
    report: (_, message, error) => reports.push(`${message}: ${error}`),
  });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  return { server, port, reports };
}

const secret = 'X-Secret: x\r\n';

test('a handler changes the protocol; what has come of it already is not lost', async t => {
  const { server, port } = await start(t, ['echo']);
  const client = rawClient(t, port, `${ask('/echo', 'Echo', secret)}early `);
  await eventually('the early bytes', () => client.text().endsWith('\r\n\r\nearly '));
  assert.match(client.text(), /^HTTP\/1\.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n/);
  client.socket.write('late');
  await eventually('the late bytes', () => client.text().endsWith('early late'));
  assert.equal(server.connections, 1);
  await server.close(60_000);
  await eventually('the end', client.ended);
});

test('a protocol may answer with headers of its own', async t => {
  const { port } = await start(t, ['echo']);
  const client = rawClient(t, port, ask('/own', 'echo', secret));
  await eventually('the end', client.ended);
  assert.equal(client.text(), 'HTTP/1.1 101 Own\r\nX: y\r\n\r\n');
});

test('a connection that breaks in another protocol ends nothing else', async t => {
  const { server, port } = await start(t, ['echo']);
  const client = rawClient(t, port, ask('/echo', 'echo', secret));
  await eventually('the change', () => client.text().includes('\r\n\r\n'));
  client.socket.resetAndDestroy();
  await eventually('no connections', () => server.connections === 0);
});

const refused: [name: string, bytes: string, status: number][] = [
  ['a guard', ask('/echo'), 401],
  ['no route', ask('/none', 'echo', secret), 404],
  ['a page of another origin', ask('/echo', 'echo', `${secret}Origin: http://evil.example\r\n`), 403],
  ['another host', ask('/echo', 'echo', secret).replace('localhost', 'evil.example'), 403],
  ['two hosts', ask('/echo', 'echo', `${secret}Host: localhost\r\n`), 400],
];
for (const [name, bytes, status] of refused) {
  test(`${name} refuses, and the connection ends`, async t => {
    const { server, port } = await start(t, ['echo']);
    const client = rawClient(t, port, `${bytes}GET /plain HTTP/1.1\r\n${secret}\r\n`);
    await eventually('the end', client.ended);
    assert.match(client.text(), new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\r\nMeseta-Error: `));
    assert.equal(count(client.text(), 'HTTP/1.1 '), 1);
    await eventually('no connections', () => server.connections === 0);
  });
}

test('a handler may answer a request for another protocol as any other', async t => {
  const { port } = await start(t, ['echo']);
  const client = rawClient(t, port, ask('/plain', 'echo', secret));
  await eventually('the end', client.ended);
  assert.match(client.text(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*plain $/);
});

test('a request for a protocol that there is not is one like any, with its body', async t => {
  for (const upgrades of [undefined, ['echo']]) {
    const { port } = await start(t, upgrades);
    const head = ask('/plain', 'h2c', `${secret}Content-Length: 5\r\n`).replace('GET', 'POST');
    const client = rawClient(t, port, `${head}hello`);
    await eventually('the end', client.ended);
    assert.match(client.text(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*plain hello$/);
  }
});

test('a handler that changes the protocol unasked has failed', async t => {
  const { port, reports } = await start(t, ['echo']);
  const client = rawClient(t, port, `GET /echo HTTP/1.1\r\nHost: localhost\r\n${secret}\r\n`);
  await eventually('the answer', () => client.text().includes('\r\n\r\n'));
  assert.match(client.text(), /^HTTP\/1\.1 500 /);
  assert.equal(reports.length, 1);
});

test('who does not wait for earlier answers is cut off', async t => {
  const { server, port } = await start(t, ['echo']);
  const client = rawClient(
    t,
    port,
    `GET /late HTTP/1.1\r\nHost: localhost\r\n${secret}\r\n${ask('/echo', 'echo', secret)}`,
  );
  await eventually('the end', client.ended);
  assert.equal(count(client.text(), ' 101 '), 0);
  await eventually('no connections', () => server.connections === 0);
});
