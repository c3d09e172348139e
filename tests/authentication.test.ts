/** Authentication over HTTP, as clients, operators and attackers see it: real masters and agents. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import {
  ask,
  at,
  basic,
  credentials,
  directory,
  executors,
  file,
  frameworks,
  key,
  ops,
  secret,
  subscribe,
} from './support/authentication.ts';
import { Daemon, type Flags, freePort } from './support/daemon.ts';
import { Meseta } from './support/meseta.ts';
import { headOf, render, statusIn } from './support/raw-http.ts';

let clients = 0;

/** A request of each realm. */
const masterRequests = {
  'mesos-master-readonly': { url: '/state' },
  'mesos-master-readwrite': { url: '/api/v1', method: 'POST', body: '{"type":"GET_HEALTH"}' },
  'mesos-master-scheduler': { url: '/api/v1/scheduler', method: 'POST', body: subscribe() },
} as const;
const agentRequests = {
  'mesos-agent-readonly': { url: '/state' },
  'mesos-agent-readwrite': { url: '/api/v1', method: 'POST', body: '{"type":"GET_HEALTH"}' },
  'mesos-agent-executor': {
    ...{ url: '/api/v1/executor', method: 'POST' },
    body: '{"type":"HEARTBEAT","framework_id":{"value":"f"},"executor_id":{"value":"e"}}',
  },
} as const;
const none = ['/health', '/version', '/system/stats.json'];

const configurations: { kind: Daemon['kind']; flags: Flags; realms: readonly string[]; challenges?: string }[] = [
  { kind: 'master', flags: { authenticate_http_readonly: true }, realms: ['mesos-master-readonly'] },
  { kind: 'master', flags: { authenticate_http: true }, realms: ['mesos-master-readwrite'] },
  { kind: 'master', flags: frameworks, realms: ['mesos-master-scheduler'] },
  {
    kind: 'master',
    flags: { http_authenticators: 'no_such_module', http_framework_authenticators: 'basic' },
    realms: [],
  },
  { kind: 'agent', flags: { authenticate_http_readonly: true }, realms: ['mesos-agent-readonly'] },
  { kind: 'agent', flags: { authenticate_http_readwrite: true }, realms: ['mesos-agent-readwrite'] },
  {
    kind: 'agent',
    flags: { ...executors, authenticate_http_readwrite: true },
    realms: ['mesos-agent-executor', 'mesos-agent-readwrite'],
    challenges: 'Basic realm="REALM",Bearer realm="REALM"',
  },
  { kind: 'agent', flags: { jwt_secret_key: key, http_authenticators: 'no_such_module' }, realms: [] },
];

for (const [index, { kind, flags, realms, challenges = 'Basic realm="REALM"' }] of configurations.entries()) {
  const given = Object.entries(flags).map(([name, value]) => `--${name}${value === true ? '' : `=${value}`}`);
  test(`${kind} ${given.join(' ').replaceAll(directory, '')}`, async t => {
    const home = mkdtempSync(path.join(directory, 'daemon-'));
    const places = {
      work_dir: path.join(home, 'work'),
      ...(kind === 'agent' && { runtime_dir: path.join(home, 'run') }),
    };
    const secrets: Flags =
      kind === 'master' ? { credentials } : { http_credentials: credentials, master: '127.0.0.1:1' };
    const all = { ...places, ...secrets, ...flags };
    const daemon = await Daemon.start({ kind, name: `${kind}-${index}`, directory: home, flags: all });
    t.after(() => daemon.kill());
    for (const [realm, { url, ...how }] of Object.entries(kind === 'master' ? masterRequests : agentRequests)) {
      const asked = realms.includes(realm);
      for (const authorization of [undefined, basic('ops:wrong'), basic('root:x'), 'Basic', 'Bearer a.b.c', '\x80']) {
        const localAddress = `127.0.1.${++clients}`; // wrong passwords slow the others of an address down
        const { status, headers, body } = await ask(daemon.port, url, { ...how, authorization, localAddress });
        if (!asked) {
          assert.notEqual(status, 401, `${realm} with ${authorization}`);
          assert.equal(headers['www-authenticate'], undefined);
          continue;
        }
        assert.equal(status, 401, `${realm} with ${authorization}`);
        assert.equal(headers['meseta-error'], 'AUTHENTICATION_REQUIRED');
        const wanted = challenges.replaceAll('REALM', realm);
        if (authorization === undefined) assert.equal(headers['www-authenticate'], wanted);
        else assert.ok(headers['www-authenticate']?.startsWith(`Basic realm="${realm}"`));
        const words = '401 Unauthorized.';
        const ofAll = `"Basic" authenticator returned:\n${words}\n\n"Bearer" authenticator returned:\n${words}`;
        assert.equal(body, wanted.includes('Bearer') ? ofAll : words);
      }
      await eventually(`an answer in ${realm}`, async () => {
        const right = await ask(daemon.port, url, { ...how, authorization: ops });
        if (right.status === 503) return false; // the agent has not finished recovery
        assert.ok([200, 202].includes(right.status), `${realm}: ${right.status} ${right.body}`);
        return true;
      });
    }
    for (const url of none) assert.equal((await ask(daemon.port, url)).status, 200, url);
    assert.equal((await ask(daemon.port, '/nothing')).status, 404);
    assert.ok(!daemon.log.includes(secret) && !daemon.log.includes('k'.repeat(48)));
    for (const url of ['/flags', '/state']) {
      const { body } = await ask(daemon.port, url, { authorization: ops });
      assert.ok(body.includes(credentials) && !body.includes(secret), url);
    }
  });
}

const empty = file('empty', '');
const refusedStarts: [kind: Daemon['kind'], flags: readonly string[], says: RegExp][] = [
  [
    'master',
    ['--authenticate_http_readonly'],
    /Failed to create HTTP authenticator module 'basic': No credentials provided for the default 'basic' HTTP authenticator for realm 'mesos-master-readonly'/,
  ],
  [
    'master',
    ['--authenticate_http_frameworks', `--credentials=${credentials}`],
    /Missing `--http_framework_authenticators` flag. This must be used in conjunction with `--authenticate_http_frameworks`/,
  ],
  [
    'master',
    ['--authenticate_http', '--http_authenticators=basik', `--credentials=${credentials}`],
    /HTTP authenticator 'basik' not found. Check the spelling \(compare to 'basic'\) or verify that the authenticator was loaded successfully \(see --modules\)/,
  ],
  [
    'master',
    ['--authenticate_http', '--http_authenticators=jwt', `--credentials=${credentials}`],
    /No secret key provided for the default 'jwt' HTTP authenticator for realm 'mesos-master-readwrite'/,
  ],
  ['master', ['--http_authenticators=basic,basic'], /'basic' is given twice/],
  ['master', ['--http_authenticators=basic,'], /expecting names with commas between them/],
  ['master', [`--credentials=${empty}`], /must contain at least one credential/],
  [
    'agent',
    ['--authenticate_http_executors'],
    /--jwt_secret_key must be specified when --authenticate_http_executors is set to true/,
  ],
  [
    'agent',
    ['--authenticate_http_executors', `--executor_secret_key=${at('missing')}`],
    /Failed to read the file specified by --jwt_secret_key, '.*missing': /,
  ],
  ['agent', [`--jwt_secret_key=${empty}`], /--jwt_secret_key, '.*empty': it is empty/],
  ['agent', [`--jwt_secret_key=${directory}`], /--jwt_secret_key, '.*': .*directory/],
  [
    'agent',
    [...['--authenticate_http_executors', `--jwt_secret_key=${key}`]],
    /No credentials provided for the default 'basic' HTTP authenticator for realm 'mesos-agent-executor'/,
  ],
];
for (const [kind, flags, says] of refusedStarts) {
  test(`${kind} ${flags.join(' ').replaceAll(directory, '')} does not start`, async () => {
    const home = mkdtempSync(path.join(directory, 'refused-'));
    const places = [
      `--work_dir=${home}/work`,
      ...(kind === 'agent' ? [`--runtime_dir=${home}/run`, '--master=127.0.0.1:1'] : []),
    ];
    const { code, stderr } = await new Meseta([kind, '--ip=127.0.0.1', '--port=0', ...places, ...flags]).finished;
    assert.equal(code, 1);
    assert.match(stderr, says);
  });
}

test('a master that reads its registry asks who sends a request, too', async t => {
  const home = mkdtempSync(path.join(directory, 'starting-'));
  const flags = { work_dir: home, credentials, authenticate_http_readonly: true };
  const daemon = new Daemon({ kind: 'master', name: 'starting', directory: home, flags }, await freePort());
  t.after(() => daemon.kill());
  daemon.spawn();
  const health = () => daemon.ask('/health').catch(() => undefined);
  await eventually('health', async () => (await health())?.status === 200);
  assert.equal((await daemon.ask('/state')).status, 401);
});

test('a file of secrets that others may read is named in a warning', async t => {
  const open = file('open', readFileSync(credentials, 'utf8'), 0o644);
  const flags = { credentials: open, authenticate_http: true, work_dir: at('open-master') };
  const master = await Daemon.start({ kind: 'master', name: 'open', directory, flags });
  t.after(() => master.kill());
  assert.match(master.log, /Permissions on credentials file '.*open' are too open/);
});

test('ten thousand wrong passwords slow down their sender and nobody else', async t => {
  const flags = { authenticate_http: true, credentials, work_dir: at('guessed') };
  const master = await Daemon.start({ kind: 'master', name: 'guessed', directory, flags });
  t.after(() => master.kill());
  const call = { method: 'POST', body: '{"type":"GET_METRICS","get_metrics":{}}' };
  const statuses: number[] = [];
  let guesses = 0;
  const guess = async () => {
    while (guesses < 10_000) {
      const authorization = basic(`ops:guess ${guesses++}`);
      const answer = ask(master.port, '/api/v1', { ...call, authorization }).then(({ status }) =>
        statuses.push(status),
      );
      // A guesser does not wait for answers that take long.
      await Promise.race([answer, new Promise(resolve => setTimeout(resolve, 50))]);
      answer.catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: 16 }, guess));
  assert.ok(statuses.includes(429));
  assert.ok(statuses.filter(status => status !== 429).length < 1000, 'few of them were looked at');
  assert.ok(!statuses.includes(200));
  const counted = async () => {
    const elsewhere = await ask(master.port, '/api/v1', { ...call, authorization: ops, localAddress: '127.0.0.2' });
    assert.equal(elsewhere.status, 200);
    const { metrics } = (JSON.parse(elsewhere.body) as { get_metrics: { metrics: { name: string; value: number }[] } })
      .get_metrics;
    const metricOf = (name: string) => metrics.find(each => each.name === `process/authentication/${name}`)?.value ?? 0;
    return { failures: metricOf('failures'), refusals: metricOf('refusals') };
  };
  // The guesser has not waited for all answers.
  await eventually('most of the refusals', async () => (await counted()).refusals > 5000);
  const { failures } = await counted();
  assert.ok(failures >= 5 && failures < 1000, `${failures}`);
  assert.equal(master.log.match(/Slowing down a client: its credentials are wrong/g)?.length, 1);
  await eventually('an answer for the address that guessed', async () => {
    const { status, headers } = await ask(master.port, '/api/v1', { ...call, authorization: ops });
    if (status === 429) assert.equal(headers['retry-after'], '8');
    return status === 200;
  });
});

test('huge and strange headers are refused, and the daemon goes on', async t => {
  const flags = { authenticate_http: true, credentials, work_dir: at('hostile') };
  const master = await Daemon.start({ kind: 'master', name: 'hostile', directory, flags });
  t.after(() => master.kill());
  const sendings: readonly [authorization: string, status: number][] = [
    [basic(`ops:${'x'.repeat(2_000_000)}`), 431],
    [`Basic ${'='.repeat(1000)}`, 401],
    [`Bearer ${'.'.repeat(5000)}`, 401],
    [`Basic ${'é'.repeat(100)}`, 401],
  ];
  for (const [Authorization, status] of sendings) {
    const bytes = render({ method: 'GET', path: '/weights', headers: { Authorization } });
    assert.equal(statusIn(await headOf(master.port, bytes)), status, Authorization.slice(0, 20));
  }
  const twice = render({
    method: 'GET',
    path: '/weights',
    headers: { Authorization: basic('ops:x'), authorization: ops },
  });
  assert.equal(statusIn(await headOf(master.port, twice)), 400, 'which of two headers counts is not clear');
  assert.equal((await ask(master.port, '/weights', { authorization: ops })).status, 200);
});

const modules = `export default {
  org_example_Tickets: {
    kind: 'http_authenticator',
    create: ({ ticket }) => ({
      scheme: 'Ticket',
      authenticate({ headers }, realm) {
        if (headers['x-ticket'] === 'breaks') throw new Error('it broke');
        if (headers['x-ticket'] === 'banned') return { forbidden: { body: 'Go away' } };
        if (headers['x-ticket'] === 'claims') return { principal: { claims: { cid: 'c' } } };
        if (headers['x-ticket'] === 'strange') return { principal: 'x' };
        if (headers['x-ticket'] === ticket) return { principal: { value: 'ticket of ' + realm } };
        return { unauthorized: { challenge: 'Ticket realm="' + realm + '"' } };
      },
    }),
  },
  org_example_Hook: { kind: 'hook', create: () => ({}) },
};`;

test('a module authenticates, alone and with basic', async t => {
  const library = file('tickets.mjs', modules);
  const parameters = [{ key: 'ticket', value: 'blue' }];
  const names = [{ name: 'org_example_Tickets', parameters }, { name: 'org_example_Hook' }];
  const flags = {
    ...{ authenticate_http: true, credentials, work_dir: at('tickets') },
    modules: JSON.stringify({ libraries: [{ file: library, modules: names }] }),
  };
  const master = new Daemon({ kind: 'master', name: 'tickets', directory, flags }, 0);
  t.after(() => master.kill());
  const cases: [ticket: string | undefined, authenticators: string, status: number, body: string][] = [
    ['blue', 'org_example_Tickets', 200, ''],
    ['red', 'org_example_Tickets', 401, '401 Unauthorized.'],
    ['banned', 'org_example_Tickets', 403, 'Go away'],
    ['claims', 'org_example_Tickets', 403, ''],
    ['breaks', 'org_example_Tickets', 500, ''],
    ['strange', 'org_example_Tickets', 500, ''],
    ['blue', 'basic,org_example_Tickets', 200, ''],
    ['breaks', 'basic,org_example_Tickets', 401, '"Basic" authenticator returned:\n401 Unauthorized.'],
    ['banned', 'basic,org_example_Tickets', 401, '"Basic" authenticator returned:\n401 Unauthorized.'],
  ];
  for (const authenticators of ['org_example_Tickets', 'basic,org_example_Tickets']) {
    const daemon = await Daemon.start({
      ...{ kind: 'master', name: `tickets-${authenticators.length}`, directory },
      flags: { ...flags, http_authenticators: authenticators },
    });
    t.after(() => daemon.kill());
    for (const [ticket, names, status, body] of cases) {
      if (names !== authenticators) continue;
      const answer = await fetch(`${daemon.origin}/weights`, {
        headers: ticket === undefined ? {} : { 'X-Ticket': ticket },
      });
      const text = await answer.text();
      assert.equal(answer.status, status, `${ticket}: ${text}`);
      if (body !== '') assert.equal(text, body);
    }
    if (authenticators.startsWith('basic')) {
      assert.equal((await ask(daemon.port, '/weights', { authorization: ops })).status, 200);
      const { headers } = await ask(daemon.port, '/weights');
      const realm = 'realm="mesos-master-readwrite"';
      assert.equal(headers['www-authenticate'], `Basic ${realm},Ticket ${realm}`);
    }
    await daemon.kill('SIGTERM');
  }
  master.spawn({ port: 0, http_authenticators: 'org_example_Hook' });
  assert.equal(await master.ended, 'code 1');
  assert.match(master.log, /it is of kind 'hook', not 'http_authenticator'/);
});
