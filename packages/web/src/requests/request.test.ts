import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { asRequestError, getJson, onUnauthenticated, postJson, RequestError } from './request.ts';

/** Starts a daemon that answers each request. @returns its address. */
async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const { signal } = new AbortController();
const refusalOf = (request: Promise<unknown>) => request.then(() => assert.fail('It was not refused'), asRequestError);

test('JSON is sent and read', async t => {
  const url = await serve(t, (request, response) => {
    response.setHeader('Content-Type', 'application/json');
    request.on('data', data => response.end(data));
    if (request.method === 'GET') response.end(JSON.stringify({ accepts: request.headers.accept }));
  });
  assert.deepEqual(await getJson(url, signal), { accepts: 'application/json' });
  assert.deepEqual(await (await postJson(url, { a: 1 })).json(), { a: 1 });
});

test('a refusal has the words and the code of the daemon', async t => {
  const url = await serve(t, ({ url: path }, response) => {
    if (path === '/none') return response.writeHead(503).end();
    response.writeHead(403, { 'Meseta-Error': 'NOT_AUTHORIZED' }).end(`Not yours.\n${' '.repeat(3000)}`);
  });
  const { message, status, code } = await refusalOf(getJson(url, signal));
  assert.deepEqual([message, status, code], ['Not yours.', 403, 'NOT_AUTHORIZED']);
  const plain = await refusalOf(postJson(`${url}/none`, {}));
  assert.deepEqual([plain.message, plain.status, plain.code], ['503 Service Unavailable', 503, undefined]);
});

test('an answer that is no JSON, and none at all, are failures with a cause', async t => {
  const url = await serve(t, ({ url: path }, response) => {
    if (path === '/none') response.destroy();
    else response.end('<html>');
  });
  const unread = await refusalOf(getJson(url, signal));
  assert.deepEqual([unread.message, unread.status], ['The answer cannot be read.', 200]);
  const none = await refusalOf(getJson(`${url}/none`, signal));
  assert.deepEqual([none.message, none.status], ['The master cannot be reached.', undefined]);
  assert.ok(unread.cause && none.cause);
});

test('an answer without an end is not read on, whether it is one or a refusal', async t => {
  const piece = Buffer.alloc(1024 * 1024, '1');
  const ended: unknown[] = [];
  const url = await serve(t, ({ url: path }, response) => {
    response.writeHead(path === '/refused' ? 500 : 200);
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more).on('close', () => ended.push(path));
    more();
  });
  const { message, status } = await refusalOf(getJson(`${url}/json`, signal));
  assert.deepEqual([message, status], ['The answer has more than 64 MB.', 200]);
  const refused = await refusalOf(getJson(`${url}/refused`, signal));
  assert.deepEqual([refused.message.length, refused.status], [2000, 500]);
  await eventually('the end of both', () => ended.length === 2);
});

test('an abort stays one', async t => {
  const url = await serve(t, () => undefined);
  const ending = new AbortController();
  const request = getJson(url, ending.signal);
  ending.abort();
  await assert.rejects(request, error => !(error instanceof RequestError) && (error as Error).name === 'AbortError');
});

test('a request of an unknown user is noted', async t => {
  const url = await serve(t, (_, response) => response.writeHead(401).end());
  let noted = 0;
  const close = onUnauthenticated(() => noted++);
  assert.equal((await refusalOf(getJson(url, signal))).status, 401);
  close();
  await refusalOf(getJson(url, signal));
  assert.equal(noted, 1);
});
