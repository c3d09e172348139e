import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../testing.ts';
import { HttpClient } from './client.ts';
import { helpRoutes } from './help.ts';
import { empty } from './reply.ts';
import { Router } from './router.ts';

const STATE =
  '### GET /master/state\n\nThe state.\n\nAuthentication realm: `mesos-master-readonly`\n\n- `jsonp`: A function.\n- 200: Success.\n';

const cases: { path: string; status: number; body: string }[] = [
  { path: '/help', status: 200, body: `${STATE}\n### /files/browse\n\nA directory.\n` },
  { path: '/help/master', status: 200, body: STATE },
  { path: '/help/master/state', status: 200, body: STATE },
  { path: '/help/master/nope', status: 404, body: '404 Not Found.' },
  { path: '/help/nope', status: 404, body: '404 Not Found.' },
  {
    path: '/help/master?format=json',
    status: 200,
    body: JSON.stringify({ processes: [{ id: 'master', endpoints: [{ name: '/state', text: STATE }] }] }),
  },
];
for (const { path, status, body } of cases) {
  test(`help of ${path}`, async t => {
    const router = new Router();
    const help = { summary: 'The state.', parameters: { jsonp: 'A function.' }, statuses: { 200: 'Success.' } };
    const handler = () => empty(200);
    router.add('master', [{ path: '/state', methods: ['GET'], realm: 'mesos-master-readonly', help, handler }]);
    router.add('files', [{ path: '/browse', help: { summary: 'A directory.' }, handler }]);
    const table = helpRoutes(router);
    const { port } = await startServer(t, router.handle);
    router.add('help', table);
    const client = new HttpClient(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const response = await client.request('GET', path);
    const received = (await response.bytes()).toString();
    assert.equal(response.status, status);
    assert.ok(path === '/help' ? received.startsWith(body) : received === body, received);
  });
}
