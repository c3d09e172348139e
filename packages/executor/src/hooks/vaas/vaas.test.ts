/** The VaaS hook against a stand-in that checks every request. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { ExecutorProcess } from '../../testing/executor-process.ts';

const dc = { id: 2, name: 'Second', symbol: 'dc2', resource_uri: '/api/v0.1/dc/2/' };

/** `log` has a line for every request that is as it should be, and one that starts with `BAD` for others. */
async function startVaas(context: TestContext, { deletes = 202, posts = 201, postsWait = Promise.resolve() } = {}) {
  const log: string[] = [];
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', piece => {
      text += piece;
    });
    request.on('end', () => {
      const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://x');
      const authorized = query.get('username') === 'me' && query.get('api_key') === 'hu sh&';
      const what = `${request.method} ${pathname}`;
      const reply = (status: number, body?: unknown) => {
        log.push(authorized ? what : `BAD authorization ${what}`);
        response
          .writeHead(status, { 'Content-Type': 'application/json' })
          .end(body === undefined ? '' : JSON.stringify(body));
      };
      switch (what) {
        case 'GET /base/api/v0.1/dc/':
          return reply(200, { objects: [{ id: 1, symbol: 'dc1' }, dc] });
        case 'GET /base/api/v0.1/director/':
          return reply(200, {
            objects: [
              { id: 6, name: `${query.get('name')}-other` },
              { id: 7, name: query.get('name') },
            ],
          });
        case 'POST /base/api/v0.1/backend/':
          bodies.push(JSON.parse(text));
          return void postsWait.then(() => reply(posts, posts === 201 ? { id: 99 } : { error: 'hu sh& is wrong' }));
        case 'DELETE /base/api/v0.1/backend/99/':
          return reply(request.headers.prefer === 'respond-async' ? deletes : 400);
        default:
          log.push(`BAD ${what}`);
          return response.writeHead(404).end();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  return {
    log,
    bodies,
    environment: {
      VAAS_HOST: host,
      VAAS_USERNAME: 'me',
      VAAS_TOKEN: 'hu sh&',
      CLOUD_DC: 'dc2',
      CLOUD_PUBLIC_IP: '10.1.2.3',
    },
  };
}

const labels = (pairs: Record<string, string>) => ({
  labels: Object.entries(pairs).map(([key, value]) => ({ key, value })),
});
const discovery = {
  visibility: 'EXTERNAL' as const,
  ports: { ports: [{ number: 31000 }, { number: 31001, labels: labels({ 'frontend-sync:shop': 'true' }) }] },
};
const registration = ['GET /base/api/v0.1/director/', 'GET /base/api/v0.1/dc/', 'POST /base/api/v0.1/backend/'];

test('registered once healthy, removed once before the kill', async context => {
  const vaas = await startVaas(context, { deletes: 404 });
  const executor = (await ExecutorProcess.make(context)).start({ ...vaas.environment, VAAS_INITIAL_WEIGHT: '5' });
  await executor.launch('sleep 10000', {
    discovery,
    labels: labels({ director: 'shop', 'weight:3': 'tag', canary: 'yes' }),
  });
  await eventually('registration', () => vaas.log.length === 3);
  executor.agent.send({ type: 'KILL', kill: { task_id: { value: 't' } } });
  assert.equal(await executor.ended(), 0);
  assert.deepEqual(vaas.log, [...registration, 'DELETE /base/api/v0.1/backend/99/']);
  assert.deepEqual(vaas.bodies, [
    {
      ...{ address: '10.1.2.3', director: '/api/v0.1/director/7/', dc, port: 31001, inherit_time_profile: true },
      ...{ weight: 5, tags: ['canary'] },
    },
  ]);
  assert.doesNotMatch(executor.output, /hu sh&|hu\+sh|hu%20sh|failed/);
});

test('weight by label, the first port, no canary', async context => {
  const vaas = await startVaas(context);
  const executor = (await ExecutorProcess.make(context)).start(vaas.environment);
  await executor.launch('sleep 10000', { discovery, labels: labels({ director: 'other', 'weight:3': 'tag' }) });
  await eventually('registration', () => vaas.log.length === 3);
  executor.signal('SIGTERM');
  await executor.ended();
  const [{ weight, port, tags }] = vaas.bodies as [{ weight: number; port: number; tags?: unknown }];
  assert.deepEqual([weight, port, tags], [3, 31000, undefined]);
});

test('a kill cuts the registration short: the backend is removed all the same', async context => {
  const { promise: postsWait, resolve: answer } = Promise.withResolvers<void>();
  const vaas = await startVaas(context, { postsWait });
  const executor = (await ExecutorProcess.make(context)).start(vaas.environment);
  await executor.launch('sleep 10000', { discovery, labels: labels({ director: 'shop' }) });
  await eventually('registration', () => vaas.bodies.length === 1);
  executor.agent.send({ type: 'KILL', kill: { task_id: { value: 't' } } });
  await executor.state('KILLING');
  answer();
  assert.equal(await executor.ended(), 0);
  assert.equal(executor.states.at(-1), 'KILLED');
  assert.deepEqual(vaas.log, [...registration, 'DELETE /base/api/v0.1/backend/99/']);
});

test('an error of VaaS is the end of the task; the key is in no message', async context => {
  const vaas = await startVaas(context, { posts: 401 });
  const executor = (await ExecutorProcess.make(context)).start(vaas.environment);
  await executor.launch('sleep 10000', { discovery, labels: labels({ director: 'shop' }) });
  assert.equal(await executor.ended(), 0);
  assert.equal(executor.states.at(-1), 'FAILED');
  assert.match(executor.lastMessage ?? '', /VaaS answered 401 to POST backend\/: .*<redacted> is wrong/);
  assert.doesNotMatch(executor.output, /hu sh/);
  assert.deepEqual(vaas.log, registration);
});
