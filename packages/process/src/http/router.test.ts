import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../testing.ts';
import { HttpClient } from './client.ts';
import { empty, failure, text } from './reply.ts';
import { type Route, Router } from './router.ts';

const route = (path: string, more: Partial<Route> = {}): Route => ({
  path,
  help: { summary: path },
  handler: ({ rest }) => text(200, `${path}|${rest}`),
  ...more,
});

function agentRouter(): Router {
  const router = new Router({ delegate: 'slave(1)' });
  router.add('slave(1)', [
    route('/'),
    route('/state'),
    route('/api/v1'),
    route('/api/v1/executor', { methods: ['POST'] }),
    route('/weights', { methods: ['GET', 'PUT'] }),
    route('/monitor/statistics'),
  ]);
  router.add('system', [route('/stats.json')]);
  return router;
}

const cases: { request: string; status: number; body: string; allow?: string }[] = [
  { request: 'GET /slave(1)/state', status: 200, body: '/state|' },
  { request: 'GET /slave%281%29/state', status: 200, body: '/state|' },
  { request: 'GET /state', status: 200, body: '/state|' },
  { request: 'GET /state.json?a=b', status: 200, body: '/state|' },
  { request: 'GET /monitor/statistics.json', status: 200, body: '/monitor/statistics|' },
  { request: 'GET /system/stats.json', status: 200, body: '/stats.json|' },
  { request: 'GET /system/stats', status: 404, body: '404 Not Found.' },
  { request: 'GET /state/foo/bar', status: 200, body: '/state|/foo/bar' },
  { request: 'GET /statefoo', status: 404, body: '404 Not Found.' },
  { request: 'POST /api/v1/executor', status: 200, body: '/api/v1/executor|' },
  { request: 'POST /api/v1/other', status: 200, body: '/api/v1|/other' },
  { request: 'GET /', status: 200, body: '/|' },
  { request: 'GET /slave(1)', status: 200, body: '/|' },
  { request: 'GET /slave(2)/state', status: 404, body: '404 Not Found.' },
  { request: 'GET /nope', status: 404, body: '404 Not Found.' },
  { request: 'GET //state', status: 200, body: '/state|' },
  { request: 'GET ///state?a=b', status: 200, body: '/state|' },
  { request: 'GET /slave(1)//state', status: 200, body: '/state|' },
  { request: 'GET //slave(1)/state', status: 200, body: '/state|' },
  { request: 'GET /state//foo', status: 200, body: '/state|/foo' },
  { request: 'GET /%2F/state', status: 200, body: '/state|' },
  { request: 'POST //api/v1/executor', status: 200, body: '/api/v1/executor|' },
  { request: 'POST /slave(1)//api//v1', status: 200, body: '/api/v1|' },
  { request: 'GET //', status: 200, body: '/|' },
  { request: 'GET //nope', status: 404, body: '404 Not Found.' },
  { request: 'GET /slave(1)//nope', status: 404, body: '404 Not Found.' },
  { request: 'GET /slave(1)/nope', status: 404, body: '404 Not Found.' },
  { request: 'GET //state/..//state', status: 404, body: '404 Not Found.' },
  { request: 'GET /state/../state', status: 404, body: '404 Not Found.' },
  { request: 'GET /state%2F..%2Fstate', status: 404, body: '404 Not Found.' },
  { request: 'HEAD /weights', status: 200, body: '' },
  {
    request: 'GET /api/v1/executor',
    status: 405,
    allow: 'POST',
    body: "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.",
  },
  {
    request: 'DELETE /weights',
    status: 405,
    allow: 'GET, PUT',
    body: "405 Method Not Allowed. Expecting one of { 'GET', 'PUT' }, but received 'DELETE'.",
  },
];
for (const { request, status, body, allow } of cases) {
  test(`routes ${request}`, async t => {
    const { port } = await startServer(t, agentRouter().handle);
    const client = new HttpClient(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const [method = '', path = ''] = request.split(' ');
    const response = await client.request(method, path);
    assert.deepEqual([response.status, (await response.bytes()).toString()], [status, body]);
    assert.equal(response.headers.allow, allow);
  });
}

test('guards see the route, in their order, before the method check; the first response ends it', async t => {
  const seen: string[] = [];
  const router = new Router<Route & { readonly leader: boolean }>({
    guards: [
      (_, { path }) => {
        seen.push(`firewall ${path}`);
        return path === '/secret' ? failure('NOT_AUTHORIZED', 'no') : undefined;
      },
      async (_, { path, leader }) => {
        seen.push(`leader ${path}`);
        return leader ? empty(307, { Location: '//other:5050' }) : undefined;
      },
    ],
  });
  router.add('master', [
    { ...route('/state', { methods: ['POST'] }), leader: true },
    { ...route('/secret'), leader: true },
    { ...route('/health'), leader: false },
  ]);
  const { port } = await startServer(t, router.handle);
  const client = new HttpClient(`http://127.0.0.1:${port}`);
  t.after(() => client.close());
  assert.equal((await client.request('GET', '/master/state')).headers.location, '//other:5050');
  assert.equal((await client.request('GET', '/master/secret')).status, 403);
  assert.equal((await client.request('GET', '/master/health')).status, 200);
  assert.deepEqual(seen, [
    'firewall /state',
    'leader /state',
    'firewall /secret',
    'firewall /health',
    'leader /health',
  ]);
});

test('tables are enumerable, and mistakes in them found', () => {
  const router = agentRouter();
  assert.deepEqual([...router.routes()].map(({ actor, route: { path } }) => actor + path).slice(-2), [
    'slave(1)/monitor/statistics',
    'system/stats.json',
  ]);
  assert.throws(() => router.add('system', [route('/stats.json')]), /defined twice/);
  assert.throws(() => router.add('system', [route('stats')]), /slash/);
});
