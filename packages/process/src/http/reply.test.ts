import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startServer } from '../testing.ts';
import { HttpClient } from './client.ts';
import { failure, json, pieces, text } from './reply.ts';

const long = { text: 'x'.repeat(1024) };
const cases: {
  name: string;
  path: string;
  value: unknown;
  gzip: boolean;
  type: string;
  body: string;
  packed: boolean;
}[] = [
  { name: 'json', path: '/', value: { a: 1 }, gzip: true, type: 'application/json', body: '{"a":1}', packed: false },
  {
    name: 'jsonp',
    path: '/?jsonp=a.b',
    value: { a: 1 },
    gzip: false,
    type: 'text/javascript',
    body: 'a.b({"a":1});',
    packed: false,
  },
  {
    name: 'long json',
    path: '/',
    value: long,
    gzip: false,
    type: 'application/json',
    body: JSON.stringify(long),
    packed: false,
  },
  {
    name: 'long json packed',
    path: '/',
    value: long,
    gzip: true,
    type: 'application/json',
    body: JSON.stringify(long),
    packed: true,
  },
];
for (const { name, path, value, gzip, type, body, packed } of cases) {
  test(name, async t => {
    const { port } = await startServer(t, request => json(value, request));
    const client = new HttpClient(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const response = await client.request('GET', path, {
      headers: { Referer: `http://127.0.0.1:${port}/`, ...(gzip && { 'Accept-Encoding': 'gzip' }) },
    });
    const bytes = await response.bytes();
    assert.equal(response.headers['content-type'], type);
    assert.equal(response.headers['content-encoding'], packed ? 'gzip' : undefined);
    assert.equal(response.headers['content-length'], String(bytes.length));
    assert.equal((packed ? gunzipSync(bytes) : bytes).toString(), body);
  });
}

for (const reply of [json, pieces] as const) {
  test(`${reply.name} refuses a jsonp which is no name`, async t => {
    const { port } = await startServer(t, request => reply([], request));
    const client = new HttpClient(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const headers = { Referer: `http://127.0.0.1:${port}/` };
    assert.equal((await client.request('GET', '/?jsonp=alert(1)//', { headers })).status, 400);
  });
}

test('pieces leave turns of the loop to others', async t => {
  let turns = 0;
  const busy = setInterval(() => turns++, 0);
  t.after(() => clearInterval(busy));
  let before = 0;
  let during = 0;
  function* slow(): Generator<string> {
    yield '[0';
    const begin = performance.now();
    while (during < 5 && performance.now() - begin < 5000) {
      yield ',0';
      during = turns - before;
    }
    yield ']';
  }
  const { port } = await startServer(t, request => {
    before = turns;
    return pieces(slow(), request);
  });
  const client = new HttpClient(`http://127.0.0.1:${port}`);
  t.after(() => client.close());
  await client.get('/');
  assert.ok(during >= 5, `${during} turns`);
});

test('an error does not send back all that a client sent', () => {
  const sent = 'x'.repeat(200_000);
  const body = String(failure('PARAMETER_INVALID', `Invalid '${sent}': too long`).body);
  assert.ok(body.length < 2100, `${body.length}`);
  assert.match(body, /^Invalid 'xxx.*characters left out.*xxx': too long$/);
  assert.equal(text(200, sent).body, sent);
});
