import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HttpServer } from '@meseta/process';
import { mesosVersion } from '@meseta/system';
import { Metrics, Verbosity } from '@meseta/telemetry';
import { openAccess } from '../access/access-control.ts';
import { Files } from '../files/files.ts';
import { addSharedRoutes } from '../shared-routes.ts';
import { firewallGuard } from './firewall.ts';
import { flagsRoute } from './flags.ts';
import { healthRoute } from './health.ts';
import { type DaemonRoute, DaemonRouter, openTo } from './router.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/mesos-shared-endpoints.json', import.meta.url), 'utf8'),
);

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'meseta-routes-')));
writeFileSync(join(directory, 'stdout'), 'LIBPROCESS_IP=127.0.0.1\n');
writeFileSync(join(directory, 'page.html'), '<p>');
writeFileSync(join(directory, 'evil\r\nSet-Cookie: x=1"é'), 'x');
writeFileSync(join(directory, 'big'), Buffer.alloc(300_000, 'b'));

const files = new Files();
await files.attach(directory, '/box', () => true);
const metrics = new Metrics();
metrics.counter('master/dropped_messages').increment(2);
const verbosity = new Verbosity(0);
const realms = { readonlyRealm: 'mesos-master-readonly', readwriteRealm: 'mesos-master-readwrite' } as const;
const firewall = { disabled_endpoints: { paths: ['/master/secret', '/files/debug'] } };
const router = new DaemonRouter({
  access: openAccess,
  delegate: 'master',
  guards: [firewallGuard(firewall, 'master')],
});
const secret: DaemonRoute = {
  path: '/secret',
  realm: undefined,
  help: { summary: 'Secret.' },
  does: openTo('It is a test.', () => ({ status: 200 })),
};
router.add('master', [healthRoute, flagsRoute(() => ({ port: '5050' }), realms.readonlyRealm), secret]);
addSharedRoutes(router, { files, metrics, verbosity, ...realms });
const server = new HttpServer({ handler: router.handle });
const { port } = await server.listen('127.0.0.1', 0);
after(async () => {
  await server.close(0);
  rmSync(directory, { recursive: true });
});

const get = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, headers: response.headers, body: await response.text() };
};

const answers: [path: string, status: number, body: string | RegExp][] = [
  ['/health', 200, recorded.health],
  ['/flags', 200, '{"flags":{"port":"5050"}}'],
  ['/master/flags.json', 200, '{"flags":{"port":"5050"}}'],
  ['/flags?jsonp=cb', 200, 'cb({"flags":{"port":"5050"}});'],
  ['/metrics/snapshot', 200, '{"master/dropped_messages":2}'],
  ['/metrics/snapshot?timeout=5secs', 200, '{"master/dropped_messages":2}'],
  ['/metrics/snapshot?timeout=5sec', 400, /^Invalid timeout '5sec': Unknown duration unit 'sec'.*\.\n$/],
  [
    '/metrics/prometheus',
    200,
    /^# HELP master_dropped_messages .*\n# TYPE master_dropped_messages counter\nmaster_dropped_messages 2\n$/,
  ],
  ['/logging/toggle', 200, recorded.logging_toggle],
  ['/logging/toggle?level=1', 400, "Expecting 'duration=value' in query.\n"],
  ['/logging/toggle?duration=1secs', 400, "Expecting 'level=value' in query.\n"],
  ['/logging/toggle?level=-1&duration=1secs', 400, "Invalid level '-1'.\n"],
  ['/logging/toggle?level=x&duration=1secs', 400, "Invalid level 'x': expecting a number.\n"],
  [
    '/logging/toggle?level=1&duration=1',
    400,
    "Failed to parse duration: Invalid duration '1': expecting a number and a unit, such as 5secs.\n",
  ],
  [
    '/metrics/snapshot?timeout=x',
    400,
    /^Invalid timeout 'x': Invalid duration 'x': expecting a number and a unit, such/,
  ],
  ['/files/browse', 400, "Expecting 'path=value' in query.\n"],
  ['/files/browse?path=', 400, "Expecting 'path=value' in query.\n"],
  ['/files/browse?path=/none', 404, ''],
  ['/files/browse?path=/box/stdout', 200, '[]'],
  ['/files/read?path=/box/stdout&offset=0&length=20', 200, '{"data":"LIBPROCESS_IP=127.0.","offset":0}'],
  ['/files/read.json?path=/box/stdout&offset=22', 200, '{"data":"1\\n","offset":22}'],
  ['/files/read?path=/box/stdout&offset=-1', 200, '{"data":"","offset":24}'],
  ['/files/read?path=/box/stdout', 200, '{"data":"","offset":24}'],
  ['/files/read?path=/box/stdout&offset=0&length=-1', 200, '{"data":"LIBPROCESS_IP=127.0.0.1\\n","offset":0}'],
  ['/files/read?path=/box/stdout&offset=99', 200, '{"data":"","offset":99}'],
  ['/files/read?path=/box/stdout&offset=-2', 400, 'Negative offset provided: -2.\n'],
  ['/files/read?path=/box/stdout&offset=0&length=-2', 400, 'Negative length provided: -2.\n'],
  ['/files/read?path=/box/stdout&offset=x', 400, "Failed to parse offset: Failed to convert 'x' to number.\n"],
  ['/files/read?path=/box/stdout&offset=1e3', 400, "Failed to parse offset: Failed to convert '1e3' to number.\n"],
  ['/files/read?path=/box&offset=0', 400, 'Cannot read a directory.\n'],
  ['/files/download?path=/box', 400, 'Cannot download a directory.\n'],
  ['/files/download?path=/box/stdout', 200, 'LIBPROCESS_IP=127.0.0.1\n'],
  ['/files/download.json?path=/box/none', 404, ''],
  ['/files/debug', 403, "Endpoint '/files/debug' is disabled\n"],
  ['/files/debug.json', 403, "Endpoint '/files/debug' is disabled\n"],
  ['//files//debug', 403, "Endpoint '/files/debug' is disabled\n"],
  ['/master//secret', 403, "Endpoint '/master/secret' is disabled\n"],
  ['//secret', 403, "Endpoint '/master/secret' is disabled\n"],
  ['/secret', 403, "Endpoint '/master/secret' is disabled\n"],
  ['/master/secret/below', 403, "Endpoint '/master/secret' is disabled\n"],
  ['/profiler/start?duration=1secs', 400, /^The profiler is not enabled\./],
  ['/profiler/stop', 400, /^The profiler is not enabled\./],
  ['/__processes__', 200, /^\[\{"events":\[\],"id":"master"\},.*\{"events":\[\],"id":"help"\}\]$/],
  ['/help', 200, /<a href="\/help\/files\/browse">\/files\/browse<\/a> Lists a directory\./],
  ['/help/files', 200, /\/files\/download/],
  ['/help/files/read', 200, /Parameters:/],
  ['/help/files/nope', 400, "No help available for '/files/nope'.\n"],
];
for (const [path, status, body] of answers) {
  test(`GET ${path}`, async () => {
    const answer = await get(path);
    assert.equal(answer.status, status, answer.body);
    if (typeof body === 'string') assert.equal(answer.body, body);
    else assert.match(answer.body, body);
  });
}

test('/version has the recorded shape and version', async () => {
  const version = JSON.parse((await get('/version')).body);
  assert.equal(version.version, recorded.version.version);
  assert.equal(version.version, mesosVersion);
  for (const name of ['build_date', 'build_time', 'build_user']) {
    assert.equal(typeof version[name], typeof recorded.version[name], name);
  }
  assert.match(version.build_date, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
});

test('/system/stats.json has the recorded names', async () => {
  assert.deepEqual(Object.keys(JSON.parse((await get('/system/stats.json')).body)), Object.keys(recorded.system_stats));
});

test('/files/browse has the recorded fields', async () => {
  const [entry] = JSON.parse((await get('/files/browse?path=/box')).body);
  assert.deepEqual(Object.keys(entry), Object.keys(recorded.browse_entry));
  for (const [name, value] of Object.entries(recorded.browse_entry))
    assert.equal(typeof entry[name], typeof value, name);
});

test('/help?format=json lists actors and endpoints', async () => {
  const { processes } = JSON.parse((await get('/help?format=json')).body);
  assert.deepEqual(
    processes.map(({ id }: { id: string }) => id),
    ['master', 'files', 'metrics', 'logging', 'profiler', 'system', 'version', '__processes__'],
  );
});

test('a download has a length, a type by its name and a name that forges no header', async () => {
  const plain = await get('/files/download?path=/box/stdout');
  assert.equal(plain.headers.get('content-type'), 'application/octet-stream');
  assert.equal(plain.headers.get('content-length'), '24');
  assert.equal(plain.headers.get('content-disposition'), 'attachment; filename=stdout');
  assert.equal((await get('/files/download?path=/box/page.html')).headers.get('content-type'), 'text/html');
  const evil = await get(`/files/download?path=${encodeURIComponent('/box/evil\r\nSet-Cookie: x=1"é')}`);
  assert.equal(evil.status, 200);
  assert.equal(evil.headers.get('set-cookie'), null);
  assert.equal(
    evil.headers.get('content-disposition'),
    'attachment; filename="evil__Set-Cookie_ x_1__"; filename*=UTF-8\'\'evil%0D%0ASet-Cookie%3A%20x%3D1%22%C3%A9',
  );
  assert.equal((await get('/files/download?path=/box/big')).body.length, 300_000);
});

test('/logging/toggle changes the level', async () => {
  assert.equal((await get('/logging/toggle?level=2&duration=10mins')).status, 200);
  assert.equal((await get('/logging/toggle')).body, '2\n');
  assert.equal((await get('/logging/toggle?level=0&duration=1secs')).status, 200);
  assert.equal(verbosity.level, 0);
});

test('a range of a download, and the size where there is none', async () => {
  const range = async (header: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/files/download?path=/box/stdout`, {
      headers: { Range: header },
    });
    return [response.status, response.headers.get('content-range'), await response.text()];
  };
  assert.deepEqual(await range('bytes=11-12'), [206, 'bytes 11-12/24', 'IP']);
  assert.deepEqual((await range('bytes=24-')).slice(0, 2), [416, 'bytes */24']);
  assert.equal((await range('lines=1-'))[0], 200);
});
