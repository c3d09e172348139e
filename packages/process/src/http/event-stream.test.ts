import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { rawClient, startServer } from '../testing.ts';
import { Backlog } from './backlog.ts';
import { HttpClient } from './client.ts';
import { type CloseReason, EventStream } from './event-stream.ts';
import type { HttpLimits } from './limits.ts';

/** A server which answers every request with a stream of its own. */
async function streams(
  t: TestContext,
  limitBytes?: number,
  limits: Partial<HttpLimits> = {},
  backlog = new Backlog(0),
) {
  const opened: EventStream[] = [];
  const reasons: CloseReason[] = [];
  const started = await startServer(
    t,
    () => {
      const stream = new EventStream({ ...(limitBytes !== undefined && { limitBytes }), backlog });
      stream.onClose(reason => reasons.push(reason));
      stream.send('first;');
      opened.push(stream);
      return { status: 200, headers: { 'Content-Type': 'application/json', 'Mesos-Stream-Id': 'id' }, body: stream };
    },
    limits,
  );
  return { ...started, opened, reasons };
}

const REQUEST = 'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n';
const MEBIBYTE = Buffer.alloc(1024 * 1024, 'x');

test('records arrive in order, also those from before the head, and close ends them', async t => {
  const { port, opened, reasons } = await streams(t);
  const client = new HttpClient(`http://127.0.0.1:${port}`);
  t.after(() => client.close());
  const response = await client.request('POST', '/');
  assert.equal(response.headers['mesos-stream-id'], 'id');
  assert.equal(response.headers['transfer-encoding'], 'chunked');
  const [stream] = opened as [EventStream];
  for (let record = 0; record < 1000; record++) assert.ok(stream.send(`${record};`));
  stream.close();
  stream.close();
  assert.ok(!stream.send('late;'));
  const expected = `first;${Array.from({ length: 1000 }, (_, record) => `${record};`).join('')}`;
  assert.equal((await response.bytes()).toString(), expected);
  assert.deepEqual(reasons, ['closed']);
});

test('every record is an HTTP chunk of its own, also those which leave together', async t => {
  const { port, opened } = await streams(t);
  const client = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 1);
  opened[0]?.send('second;');
  opened[0]?.send('third;');
  await eventually('chunks', () => client.text().endsWith('\r\n\r\n6\r\nfirst;\r\n7\r\nsecond;\r\n6\r\nthird;\r\n'));
});

test('large records and small ones arrive as they are, however slowly the client reads', async t => {
  const { port, opened } = await streams(t, 100 * MEBIBYTE.length);
  const client = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 1);
  client.socket.pause();
  const records = Array.from(
    { length: 300 },
    (_, i) => `${i}${'x'.repeat([0, 10, 32_767, 32_768, 200_000][i % 5] ?? 0)};`,
  );
  for (const [index, record] of records.entries()) {
    assert.ok(opened[0]?.send(record));
    if (index % 7 === 0) await new Promise(setImmediate);
  }
  opened[0]?.close();
  client.socket.resume();
  const expected = ['first;', ...records].map(record => `${record.length.toString(16)}\r\n${record}\r\n`).join('');
  await eventually('end', () => client.text().endsWith('\r\n0\r\n\r\n'));
  assert.equal(client.text().slice(client.text().indexOf('\r\n\r\n') + 4), `${expected}0\r\n\r\n`);
});

test('a client of HTTP/1.0 gets no chunks', async t => {
  const { port, opened } = await streams(t);
  const client = rawClient(t, port, REQUEST.replace('HTTP/1.1', 'HTTP/1.0'));
  await eventually('stream', () => opened.length === 1);
  opened[0]?.send('second;');
  opened[0]?.close();
  await eventually('end', client.ended);
  assert.ok(client.text().endsWith('\r\n\r\nfirst;second;'));
});

test('tells once that the client went away', async t => {
  const { port, opened, reasons } = await streams(t);
  const client = rawClient(t, port, REQUEST);
  await eventually('first record', () => client.text().includes('first;'));
  client.socket.destroy();
  await eventually('disconnection', () => reasons.length > 0);
  assert.ok(!opened[0]?.send('late;'));
  opened[0]?.close();
  assert.deepEqual(reasons, ['disconnected']);
});

test('a client which does not read overflows; the others get everything', async t => {
  const { port, opened, reasons } = await streams(t, 4 * 1024 * 1024);
  const deaf = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 1);
  deaf.socket.pause();
  const good = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 2);
  const [deafStream, goodStream] = opened as [EventStream, EventStream];
  let sent = 0;
  let received = 0;
  good.socket.on('data', piece => {
    received += piece.length;
  });
  while (deafStream.send(MEBIBYTE)) {
    assert.ok(goodStream.send(MEBIBYTE));
    sent += MEBIBYTE.length;
    assert.ok(sent < 100 * MEBIBYTE.length, 'bounded');
    await eventually('the good one to read', () => received >= sent);
  }
  assert.deepEqual(reasons, ['overflow']);
  assert.equal(deafStream.closed, 'overflow');
  assert.equal(goodStream.closed, undefined);
  await eventually('memory back', () => deafStream.queuedBytes === 0);
});

test('a client which reads gets a burst beyond the limit; one which does not read pays for the room', async t => {
  const { port, opened, reasons } = await streams(t, MEBIBYTE.length, {}, new Backlog(60 * MEBIBYTE.length));
  const deaf = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 1);
  deaf.socket.pause();
  const good = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 2);
  const [deafStream, goodStream] = opened as [EventStream, EventStream];
  let received = 0;
  good.socket.on('data', piece => {
    received += piece.length;
  });
  for (let record = 0; record < 40; record++) {
    deafStream.send(MEBIBYTE);
    assert.ok(goodStream.send(MEBIBYTE), `record ${record}`);
  }
  assert.equal(deafStream.closed, 'overflow');
  await eventually('all records', () => received > 40 * MEBIBYTE.length);
  for (let record = 0; record < 40; record++)
    assert.ok(goodStream.send(MEBIBYTE), `record ${record} of the second burst`);
  await eventually('all records', () => received > 80 * MEBIBYTE.length);
  assert.deepEqual(reasons, ['overflow']);
});

test('one record may be larger than the limit', async t => {
  const { port, opened, reasons } = await streams(t, 1000);
  const client = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 1);
  assert.ok(opened[0]?.send(MEBIBYTE));
  assert.ok(!opened[0]?.send('late;'));
  assert.deepEqual(reasons, ['overflow']);
  await eventually('end', client.ended);
});

test('a client which stalls with something waiting is cut off', async t => {
  const { port, opened, reasons } = await streams(t, 1000 * MEBIBYTE.length, { stallMs: 100 });
  const client = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 1);
  client.socket.pause();
  for (let record = 0; record < 20; record++) opened[0]?.send(MEBIBYTE);
  await eventually('end', () => reasons.length > 0);
  assert.deepEqual(reasons, ['overflow']);
});

test('a closed stream whose client does not read the rest is cut off', async t => {
  const { server, port, opened, reasons } = await streams(t, 1000 * MEBIBYTE.length, { stallMs: 100 });
  const client = rawClient(t, port, REQUEST);
  await eventually('stream', () => opened.length === 1);
  client.socket.pause();
  for (let record = 0; record < 20; record++) opened[0]?.send(MEBIBYTE);
  opened[0]?.close();
  await eventually('end of the connection', () => server.connections === 0);
  assert.deepEqual(reasons, ['closed']);
});

test('an idle stream outlives all time-outs', async t => {
  const { port, opened, reasons } = await streams(t, undefined, {
    stallMs: 20,
    keepAliveMs: 20,
    headersMs: 20,
    bodyIdleMs: 20,
  });
  const client = rawClient(t, port, REQUEST + REQUEST);
  await eventually('stream', () => opened.length === 1);
  const trickling = rawClient(t, port, 'POST');
  await eventually('end of a client which does not finish its headers', trickling.ended);
  opened[0]?.send('still here;');
  await eventually('record', () => client.text().includes('still here;'));
  assert.deepEqual(reasons, []);
});

test('closing the server ends streams', async t => {
  const { server, port, reasons } = await streams(t);
  const client = rawClient(t, port, REQUEST);
  await eventually('first record', () => client.text().includes('first;'));
  await server.close(20_000);
  await eventually('end', client.ended);
  assert.ok(client.text().endsWith('0\r\n\r\n'));
  assert.deepEqual(reasons, ['closed']);
});
