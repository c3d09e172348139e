/** What web pages make browsers send: pages of others change nothing and read nothing, by whichever name or request. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { type RawRequest, render, statusOf } from './support/raw-http.ts';

const subscribe = JSON.stringify({
  type: 'SUBSCRIBE',
  subscribe: { framework_info: { user: 'root', name: 'page', roles: ['*'] } },
});
const json = { 'Content-Type': 'application/json' };
const message = (daemon: Daemon) => ({
  'Libprocess-From': `master@${daemon.address}`,
  'User-Agent': `libprocess/master@${daemon.address}`,
});

const ofMaster: RawRequest[] = [
  { path: '/api/v1/scheduler', headers: json, body: subscribe },
  { path: '/master/api/v1/scheduler', headers: { ...json, 'Mesos-Stream-Id': 'x' }, body: '{"type":"REVIVE"}' },
  { path: '/api/v1', headers: json, body: '{"type":"SUBSCRIBE"}' },
  { path: '/api/v1', headers: json, body: '{"type":"GET_STATE"}' },
  { path: '/teardown', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'frameworkId=x' },
  { path: '/maintenance/schedule', headers: { 'Content-Type': 'text/plain' }, body: '{}' },
  { method: 'GET', path: '/redirect' },
];
const ofAgent: RawRequest[] = [
  { path: '/api/v1/executor', headers: json, body: '{"type":"HEARTBEAT"}' },
  { path: '/slave(1)/api/v1', headers: json, body: '{"type":"GET_STATE"}' },
  { method: 'GET', path: '/containers' },
];
const ofBoth: RawRequest[] = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/state' },
  { method: 'GET', path: '/state?jsonp=f' },
  { method: 'GET', path: '/logging/toggle?level=1&duration=1mins' },
  { method: 'GET', path: '/files/browse?path=/' },
  { method: 'GET', path: '/metrics/snapshot' },
  { method: 'GET', path: '/health' },
  { method: 'GET', path: '/no/such/path' },
  { method: 'OPTIONS', path: '/api/v1' },
  { method: 'HEAD', path: '/state' },
];

const foreign: Record<string, Record<string, string>> = {
  'a name that is not ours': { Host: 'evil.example:5050' },
  'a name below ours': { Host: `${hostname()}.evil.example` },
  'a page elsewhere': { Origin: 'http://evil.example' },
  'a page on another port': { Origin: 'http://127.0.0.1:1' },
  'a page without an origin': { Origin: 'null' },
  'an image elsewhere': { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
};

test('web pages of others get nothing', async t => {
  const named = { hostname: 'announced.example', allowed_hosts: 'more.example,*.below.example' };
  const cluster = await Cluster.start(t, {
    master: { ...named, allowed_origins: 'https://dash.example' },
    agents: [{ allowed_origins: 'https://dash.example' }],
  });
  const { master, agent } = cluster;
  const ask = (daemon: Daemon, request: RawRequest, headers: Record<string, string> = {}) =>
    statusOf(daemon.port, render({ ...request, headers: { ...request.headers, ...headers } }));

  for (const [name, headers] of Object.entries(foreign)) {
    await t.test(name, async () => {
      for (const [daemon, requests] of [
        [master, [...ofMaster, ...ofBoth]],
        [agent, [...ofAgent, ...ofBoth]],
      ] as const) {
        for (const request of requests) {
          assert.equal(await ask(daemon, request, headers), 403, `${request.method ?? 'POST'} ${request.path}`);
        }
      }
    });
  }

  await t.test('messages between daemons', async () => {
    const shutdown = { path: '/slave(1)/mesos.internal.ShutdownMessage', headers: message(master) };
    const foreignHeaders: Record<string, string>[] = [{ Host: 'evil.example' }, { Origin: 'http://evil.example' }];
    for (const headers of foreignHeaders) {
      assert.equal(await ask(agent, shutdown, headers), 403);
    }
    assert.ok(agent.running);
  });

  await t.test('names of the daemon', async () => {
    const state = { method: 'GET', path: '/state' };
    const names = [
      'localhost',
      '10.0.0.1',
      '[::1]:5050',
      hostname(),
      'ANNOUNCED.example.:80',
      'more.example',
      'a.below.example',
    ];
    for (const Host of names) assert.equal(await ask(master, state, { Host }), 200, Host);
    assert.equal(await ask(agent, state, { Host: 'announced.example' }), 403);
  });

  await t.test('pages of named origins', async () => {
    const Origin = 'https://dash.example';
    for (const daemon of [master, agent]) {
      assert.equal(
        await ask(daemon, { path: '/api/v1', headers: json, body: '{"type":"GET_HEALTH"}' }, { Origin }),
        200,
      );
      const read = { method: 'GET', path: '/state?jsonp=f' };
      assert.equal(await ask(daemon, read, { Referer: `${Origin}/x`, 'Sec-Fetch-Site': 'cross-site' }), 200);
      assert.equal(await ask(daemon, read, { Referer: 'https://dash.example.evil.example/' }), 403);
      assert.equal(await ask(daemon, read, { 'User-Agent': 'Mozilla/5.0 (X11)' }), 403);
      assert.equal(await ask(daemon, read), 200);
    }
  });

  await t.test('a GET of a browser does not act', async () => {
    const toggle = { method: 'GET', path: '/logging/toggle?level=0&duration=1secs' };
    for (const daemon of [master, agent]) {
      assert.equal(await ask(daemon, toggle), 200);
      assert.equal(await ask(daemon, toggle, { 'User-Agent': 'Mozilla/5.0 (X11)' }), 403);
      assert.equal(
        await ask(daemon, { ...toggle, method: 'POST' }, { Origin: daemon.origin, Host: daemon.address }),
        200,
      );
      assert.equal(await ask(daemon, { ...toggle, path: '/logging/toggle' }, { 'User-Agent': 'Mozilla/5.0' }), 200);
    }
  });

  await t.test('a form of an old browser that hides its page', async () => {
    const browser = { 'User-Agent': 'Mozilla/5.0 (X11; rv:50.0)', 'Content-Type': 'text/plain' };
    const forms: RawRequest[] = [
      ...[
        '/maintenance/schedule',
        '/machine/down',
        '/machine/up',
        '/quota',
        '/teardown',
        '/tasks/kill',
        '/reserve',
      ].map(path => ({ path, body: '{}' })),
      { method: 'PUT', path: '/weights', body: '[]' },
      { method: 'DELETE', path: '/quota/role' },
    ];
    for (const form of forms) {
      assert.equal(await ask(master, form, browser), 403, form.path);
      assert.notEqual(await ask(master, form, { ...browser, 'User-Agent': 'curl/8.0' }), 403, form.path);
      assert.notEqual(await ask(master, form, { ...browser, Origin: master.origin, Host: master.address }), 403);
      assert.notEqual(await ask(master, form, { ...browser, ...json }), 403, form.path);
    }
    for (const daemon of [master, agent]) {
      const toggle = { path: '/logging/toggle?level=0&duration=1secs' };
      assert.equal(await ask(daemon, toggle, browser), 403);
      assert.equal(await ask(daemon, toggle, { 'User-Agent': 'curl/8.0' }), 200);
    }
  });

  assert.equal(master.log.match(/Refused a request from 127\.0\.0\.1: .*'evil\.example'/g)?.length, 1, master.log);
});

for (const flag of [
  '--allowed_hosts=http://a.example',
  '--allowed_hosts=a.example:80',
  '--allowed_origins=a.example',
  '--allowed_origins=https://a.example/path',
]) {
  test(`${flag} is refused`, async () => {
    const { FlagError, parseFlags } = await import('@meseta/flags');
    const { masterFlags } = await import('@meseta/master');
    assert.throws(
      () => parseFlags(masterFlags, [flag]),
      (error: Error) => error instanceof FlagError && /allowed_/.test(error.message),
    );
  });
}
