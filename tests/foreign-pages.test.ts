/** What pages of other origins can do to a master and an agent through the browser of an operator: nothing, on no route. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';

interface Help {
  readonly processes: readonly { readonly id: string; readonly endpoints: readonly { readonly name: string }[] }[];
}

type Headers = Readonly<Record<string, string>>;

/** Sends what `fetch` would not let us send. @returns the status, and the code of the failure. */
function send(daemon: Daemon, method: string, path: string, headers: Headers): Promise<[status: number, code: string]> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: daemon.port, method, path, headers, agent: false });
    sent.on('error', reject).on('response', response => {
      const { statusCode = 0, headers: received } = response;
      resolve([statusCode, String(received['meseta-error'])]);
      sent.destroy();
    });
    sent.end();
  });
}

/** Every route of a daemon by each of its names. */
async function routesOf({ origin, kind }: Daemon): Promise<string[]> {
  const { processes } = (await (await fetch(`${origin}/help?format=json`)).json()) as Help;
  const own = kind === 'master' ? 'master' : 'slave(1)';
  return processes.flatMap(({ id, endpoints }) =>
    endpoints.flatMap(({ name }) => {
      const path = name === '/' ? '' : name;
      if (id !== own) return [`/${id}${path}`];
      return path === '' ? [`/${id}`, '/'] : [`/${id}${path}`, path, `${path}.json`];
    }),
  );
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

/** How a page of another origin reaches a daemon, and the code of the refusal. `HOST` is the host and port of the daemon. */
const attempts: [name: string, method: string, headers: Headers, code: string][] = [
  ['a form of another page', 'POST', { ...form, Origin: 'http://evil.example' }, 'ORIGIN_FOREIGN'],
  ['a form of a page that hides where it is from', 'POST', { ...form, Origin: 'null' }, 'ORIGIN_FOREIGN'],
  ['a form of a task on this machine', 'POST', { ...form, Origin: 'http://127.0.0.1:31000' }, 'ORIGIN_FOREIGN'],
  ['a form of a page whose name begins like ours', 'POST', { Origin: 'http://HOST.evil.example' }, 'ORIGIN_FOREIGN'],
  ['a form of an old browser', 'POST', { ...form, Referer: 'http://evil.example/' }, 'ORIGIN_FOREIGN'],
  ['a form of a browser that says nothing', 'POST', { ...form, 'User-Agent': 'Mozilla/5.0' }, 'ORIGIN_MISSING'],
  [
    'JSON of another page',
    'POST',
    { 'Content-Type': 'application/json', Origin: 'http://evil.example' },
    'ORIGIN_FOREIGN',
  ],
  ['PUT', 'PUT', { Origin: 'http://evil.example' }, 'ORIGIN_FOREIGN'],
  ['DELETE', 'DELETE', { Origin: 'http://evil.example' }, 'ORIGIN_FOREIGN'],
  ['a preflight', 'OPTIONS', { Origin: 'http://evil.example' }, 'ORIGIN_FOREIGN'],
  ['a WebSocket', 'GET', { ...upgrade, Origin: 'http://evil.example' }, 'ORIGIN_FOREIGN'],
  ['an image', 'GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'image' }, 'ORIGIN_FOREIGN'],
  ['a name that leads here', 'POST', { ...form, Host: 'evil.example', Origin: 'http://evil.example' }, 'HOST_UNKNOWN'],
  [
    'a WebSocket to a name that leads here',
    'GET',
    { ...upgrade, Host: 'evil.example', Origin: 'http://evil.example' },
    'HOST_UNKNOWN',
  ],
];

async function refusesAll(t: TestContext, daemon: Daemon): Promise<void> {
  const routes = await routesOf(daemon);
  assert.ok(routes.length > 30, `${routes}`);
  for (const [name, method, headers, code] of attempts) {
    await t.test(name, async () => {
      const origin = headers.Origin?.replace('HOST', daemon.address);
      const given = { ...headers, ...(origin !== undefined && { Origin: origin }) };
      for (const route of routes) assert.deepEqual(await send(daemon, method, route, given), [403, code], route);
    });
  }
}

/** Forms that would change something, with what they need to be understood. */
const known = [
  '/teardown',
  '/maintenance/schedule',
  '/machine/down',
  '/reserve',
  '/weights',
  '/quota',
  '/ui/session',
  '/ui/can',
  '/agents',
];

test('pages of other origins reach no route of a master', async t => {
  const { master } = await Cluster.start(t, { agents: [] });
  const routes = await routesOf(master);
  for (const route of known) assert.ok(routes.includes(route), route);
  await refusesAll(t, master);
});

test('pages of other origins reach no route of an agent', async t => {
  const { agent } = await Cluster.start(t);
  await refusesAll(t, agent);
});

test('pages of the daemon itself do, under each of its names', async t => {
  const { master } = await Cluster.start(t, { master: { allowed_hosts: 'meseta.example' }, agents: [] });
  for (const host of [master.address, `localhost:${master.port}`, `meseta.example:${master.port}`]) {
    const headers = { ...form, Host: host, Origin: `http://${host}` };
    assert.deepEqual(await send(master, 'POST', '/teardown', headers), [400, 'PARAMETER_MISSING'], host);
  }
});
