/** The cookie of the web UI on real daemons: where it counts, where it does not, and what ends with it. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { rawClient } from '@meseta/process/testing';
import { eventually } from '@meseta/system/testing';
import { ask, basic, credentials, ops } from './support/authentication.ts';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

const guards = { authenticate_http_readonly: true, authenticate_http_readwrite: true, credentials };
const headers = { Authorization: ops };

/** Signs in as a browser would. @returns the cookie, `meseta_session=…`. */
async function signIn(origin: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await fetch(`${origin}/ui/session`, { method: 'POST', headers: { ...headers, ...more } });
  assert.equal(answer.status, 204, await answer.text());
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const [cookie = ''] = answer.headers.get('set-cookie')?.split(';') ?? [];
  return cookie;
}

/** Changes the first letter of a token's signature: not all bits of the last one count. */
function changed(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

test('it stands for the principal on every route that a page needs, and nowhere else', async t => {
  const cluster = await Cluster.start(t, {
    master: {
      ...guards,
      allowed_origins: 'https://dash.example',
      authenticate_http_frameworks: true,
      http_framework_authenticators: 'basic',
    },
    headers,
  });
  const { master, agent } = cluster;
  const id = await cluster.registered(agent);
  const Cookie = await signIn(master.origin);
  const json = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const call = { method: 'POST', body: '{"type":"GET_HEALTH"}' };
  const check = { method: 'POST', body: '{"checks":[{"action":"view_flags"}]}' };
  const routes: [path: string, init?: RequestInit][] = [
    ['/state'],
    ['/flags'],
    ['/metrics/snapshot'],
    [`/agents/${id}/state`],
    ['/api/v1', call],
    ['/ui/can', check],
    ['/weights'],
  ];
  for (const [path, init] of routes) {
    const status = async (cookie: object) => {
      const answer = await fetch(master.origin + path, { ...init, headers: { ...json, ...cookie } });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.deepEqual([await status({ Cookie }), await status({})], [200, 401], path);
  }
  const upgrade = (more: string) =>
    rawClient(
      t,
      master.port,
      `GET /agents/${id}/exec?framework_id=none&task_id=none HTTP/1.1\r\nHost: ${master.address}\r\nConnection: Upgrade\r\n` +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`,
    );
  const upgrades: [name: string, more: string, status: RegExp][] = [
    ['a page of the master', `Cookie: ${Cookie}\r\nOrigin: ${master.origin}\r\n`, /^HTTP\/1\.1 (?:101|400|404) /],
    ['without the cookie', `Origin: ${master.origin}\r\n`, /^HTTP\/1\.1 401 /],
    ['a foreign page', `Cookie: ${Cookie}\r\nOrigin: http://evil.example\r\n`, /^HTTP\/1\.1 403 /],
  ];
  for (const [name, more, status] of upgrades) {
    const client = upgrade(more);
    await eventually(`an answer to ${name}`, () => client.text().includes('\r\n\r\n'));
    assert.match(client.text(), status, name);
  }
  const refused: [name: string, path: string, headers: Record<string, string>, status: number][] = [
    ['a foreign page', '/state', { Cookie, Origin: 'http://evil.example' }, 403],
    ['a page that may use the master otherwise', '/state', { Cookie, Origin: 'https://dash.example' }, 401],
    ['jsonp', '/state?jsonp=f', { Cookie, Origin: master.origin }, 401],
    ['a changed cookie', '/state', { Cookie: changed(Cookie) }, 401],
    ['a framework', '/api/v1/scheduler', { Cookie, ...json }, 401],
  ];
  for (const [name, path, given, status] of refused) {
    const answer = await new Promise<number>((resolve, reject) => {
      const method = path.startsWith('/api') ? 'POST' : 'GET';
      const sent = request({ host: '127.0.0.1', port: master.port, path, method, headers: given, agent: false });
      sent.on('error', reject).on('response', response => {
        resolve(response.statusCode ?? 0);
        sent.destroy();
      });
      sent.end(method === 'POST' ? '{"type":"SUBSCRIBE"}' : undefined);
    });
    assert.equal(answer, status, name);
  }
  const who = await fetch(`${master.origin}/ui/session`, { headers: { Cookie } });
  assert.deepEqual(await who.json(), {
    principal: 'ops',
    authentication: true,
    session: true,
    schemes: ['Basic'],
  });
  // An agent takes no cookie: others may serve pages on the same host, and know it.
  const framework = await cluster.framework({ principal: 'ops' });
  await framework.run(shellTask('runs', 'true'));
  assert.equal((await fetch(`${agent.origin}/state`, { headers: { Cookie } })).status, 200);
  assert.doesNotMatch(master.log, /secret|meseta_session/);
});

test('signing in takes credentials, of pages of the master only', async t => {
  const { master } = await Cluster.start(t, {
    master: { ...guards, allowed_origins: 'https://dash.example' },
    agents: [],
    headers,
  });
  const post = (given: Record<string, string>) =>
    fetch(`${master.origin}/ui/session`, { method: 'POST', headers: given });
  const attempts: [name: string, headers: Record<string, string>, status: number][] = [
    ['no credentials', {}, 401],
    ['a wrong password', { Authorization: basic('ops:wrong') }, 401],
    ['another scheme', { Authorization: 'Bearer x' }, 401],
    ['a cookie', { Cookie: await signIn(master.origin) }, 401],
  ];
  for (const [name, given, status] of attempts) {
    const answer = await post(given);
    assert.deepEqual([answer.status, answer.headers.get('set-cookie')], [status, null], name);
  }
  const asBrowser = { 'User-Agent': 'Mozilla/5.0', Origin: master.origin };
  const script = await post({ ...asBrowser, Authorization: basic('ops:wrong') });
  assert.equal(script.headers.get('www-authenticate'), 'Session realm="mesos-master-readwrite"');
  const named = await post({ ...headers, Origin: 'https://dash.example' });
  assert.deepEqual([named.status, named.headers.get('meseta-error')], [403, 'ORIGIN_FOREIGN']);
  const secure = await post({ ...headers, Origin: master.origin.replace('http', 'https') });
  assert.match(secure.headers.get('set-cookie') ?? '', /; Secure$/); // a proxy has ended TLS
});

test('guesses wait for each other, and nobody else for them', async t => {
  const { master } = await Cluster.start(t, { master: guards, agents: [], headers });
  const Cookie = await signIn(master.origin);
  const guesses = Array.from({ length: 40 }, (_, number) =>
    ask(master.port, '/ui/session', { method: 'POST', authorization: basic(`ops:${number}`) }),
  );
  await Promise.any(guesses.map(async guess => assert.equal((await guess).status, 429)));
  assert.equal((await fetch(`${master.origin}/state`, { headers: { Cookie } })).status, 200);
  const metrics = await fetch(`${master.origin}/metrics/snapshot`, { headers: { Cookie } });
  const { 'process/authentication/refusals': refusals } = (await metrics.json()) as Record<string, number>;
  assert.ok((refusals ?? 0) > 0);
});

test('what it has open ends with it, and with nothing else', async t => {
  const { master } = await Cluster.start(t, { master: guards, agents: [], headers });
  const [one, other] = [await signIn(master.origin), await signIn(master.origin)];
  const subscribe = (cookie: string) =>
    rawClient(
      t,
      master.port,
      `POST /api/v1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n` +
        `Cookie: ${cookie}\r\nContent-Length: 20\r\n\r\n{"type":"SUBSCRIBE"}`,
    );
  const [ends, stays] = [subscribe(one), subscribe(other)];
  for (const each of [ends, stays]) await eventually('the first event', () => each.text().includes('SUBSCRIBED'));
  const out = await fetch(`${master.origin}/ui/session`, { method: 'DELETE', headers: { Cookie: one } });
  assert.equal(out.status, 204);
  assert.match(out.headers.get('set-cookie') ?? '', /^meseta_session=; .*Max-Age=0$/);
  await eventually('the end of the stream', () => ends.text().endsWith('0\r\n\r\n'));
  assert.ok(!stays.ended());
  await master.kill();
  await master.start();
  const status = async (Cookie: string) => (await fetch(`${master.origin}/state`, { headers: { Cookie } })).status;
  assert.deepEqual([await status(one), await status(other)], [401, 200], 'also after a restart');
});

test('signing in as another principal ends the session before', async t => {
  const { master } = await Cluster.start(t, { master: guards, agents: [], headers });
  const before = await signIn(master.origin);
  const after = await signIn(master.origin, { Cookie: before, Authorization: basic('framework:other-secret') });
  const who = async (Cookie: string) => {
    const answer = await fetch(`${master.origin}/ui/session`, { headers: { Cookie } });
    return ((await answer.json()) as { principal: string | null }).principal;
  };
  assert.deepEqual([await who(before), await who(after)], [null, 'framework']);
});
