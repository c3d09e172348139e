/** The bundle as an agent gets it: one file, somewhere else, with everything that is loaded on demand. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '@meseta/system/testing';
import { makeCertificate } from '@meseta/tasks/testing';
import { ExecutorProcess, taskInfo } from '../testing/executor-process.ts';

const build = fileURLToPath(new URL('../../build.ts', import.meta.url));
let directory = '';
let bundle = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'meseta-bundle-'));
  bundle = join(directory, 'elsewhere.cjs');
  await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', build, directory]);
  await copyFile(join(directory, 'executor.cjs'), bundle);
});
after(() => rm(directory, { recursive: true }));

/** A server that takes note of what it gets. */
async function sink(context: TestContext, tls?: TlsOptions) {
  const received = { text: '', address: '' };
  const server = (tls ? createTlsServer(tls) : createTcpServer()).listen(0, '127.0.0.1');
  server.on(tls ? 'secureConnection' : 'connection', socket => {
    socket.on('data', (piece: Buffer) => {
      received.text += piece;
    });
    socket.on('error', () => undefined);
  });
  await once(server, 'listening');
  context.after(() => server.close());
  received.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return received;
}

/** Consul, VaaS, Sentry and web hooks in one: answers everything, and remembers what it was asked. */
async function world(context: TestContext, tls?: ServerOptions) {
  const calls: string[] = [];
  const answers: Record<string, unknown> = {
    '/api/v0.1/dc/': { objects: [{ symbol: 'dc' }] },
    '/api/v0.1/director/': { objects: [{ id: 1, name: 'shop' }] },
    '/api/v0.1/backend/': { id: 5 },
    '/hook': { env: { FROM_WEBHOOK: 'yes' } },
  };
  const listener: RequestListener = (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    calls.push(`${request.method} ${path}`);
    request.resume().on('end', () => response.end(JSON.stringify(answers[path] ?? {})));
  };
  const server = (tls ? createHttpsServer(tls, listener) : createServer(listener)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const labels = (pairs: Record<string, string>) => ({
  labels: Object.entries(pairs).map(([key, value]) => ({ key, value })),
});

test('everything at once', async context => {
  const { certPath, ...certificate } = makeCertificate(directory, 'IP:127.0.0.1');
  const [executor, graphite, logs, { calls, address }, page] = await Promise.all([
    ExecutorProcess.make(context, { ...certificate, certPath }),
    sink(context),
    sink(context, certificate),
    world(context),
    world(context, certificate),
  ]);
  await writeFile(
    join(executor.sandbox, 'hook.mjs'),
    `export default { name: 'm', handle: () => ['FROM_MODULE=yes'] };`,
  );
  const [host = '', port = ''] = graphite.address.split(':');
  const settings = {
    ...{ HOOKS: 'hook.mjs', EXEC_HOOK_COMMAND: 'echo FROM_COMMAND=yes', WEBHOOK_URL: `http://${address}/hook` },
    ...{ GRAPHITE_HOST: host, GRAPHITE_PORT: port, SENTRY_DSN: `http://key@${address}/1`, PROMETHEUS_ADDRESS: ':0' },
    ...{ SERVICELOG_LOGSTASH_PROTOCOL: 'tls', SERVICELOG_LOGSTASH_ADDRESS: logs.address },
    ...{ SERVICELOG_LOGSTASH_TLS_CA: certPath, RANDOM_EXPIRATION_RANGE: '1s' },
  };
  const environment = {
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`MESETA_EXECUTOR_${name}`, value])),
    ...{ LIBPROCESS_SSL_ENABLED: 'true', LIBPROCESS_SSL_VERIFY_CERT: 'true', LIBPROCESS_SSL_CA_FILE: certPath },
    ...{ CONSUL_HTTP_ADDR: address, VAAS_HOST: `http://${address}`, CLOUD_DC: 'dc' },
  };
  executor.start(environment, [], bundle);
  await eventually('the subscription', () => executor.agent.subscribed);
  const script = `echo msg=$FROM_MODULE-$FROM_COMMAND-$FROM_WEBHOOK; trap exit TERM; while :; do sleep 0.01; done`;
  const variables = [{ name: 'CERTIFICATE', value: certificate.cert }];
  const value = `chmod ug+rx '${bundle}' && exec '${bundle}' ${script}`;
  const task = {
    ...taskInfo('t', ''),
    executor: { executor_id: { value: 'e' }, command: { value, environment: { variables } } },
    labels: labels({ consul: 'web', director: 'shop', 'log-scraping': 'logfmt', 'validate-certificate': 'true' }),
    discovery: { visibility: 'EXTERNAL' as const, ports: { ports: [{ number: 1 }] } },
    container: {
      type: 'MESOS' as const,
      rlimit_info: { rlimits: [{ type: 'RLMT_NOFILE' as const, soft: 64, hard: 64 }] },
    },
    health_check: {
      ...{ type: 'HTTP' as const, delay_seconds: 0, interval_seconds: 0.1 },
      http: { scheme: 'https', port: Number(page.address.split(':')[1]), path: '/health' },
    },
    check: { type: 'TCP' as const, tcp: { port: Number(port) }, delay_seconds: 0 },
  };
  const { command: _, ...launched } = task;
  executor.agent.send({ type: 'LAUNCH', launch: { task: launched } });
  await eventually('its log', () => /"message":"yes-yes-yes"/.test(logs.text));
  await eventually('its check', () => executor.agent.statuses.some(status => status.check_status?.tcp?.succeeded));
  await executor.state('RUNNING +');
  executor.signal('SIGTERM');
  assert.equal(await executor.ended(), 0);
  assert.equal(executor.states.at(-1), 'KILLED');
  assert.deepEqual(calls, [
    ...['POST /hook', 'POST /hook', 'POST /hook'],
    ...['GET /api/v0.1/director/', 'GET /api/v0.1/dc/', 'POST /api/v0.1/backend/', 'PUT /v1/agent/service/register'],
    ...['PUT /v1/agent/service/deregister/t_web_1', 'DELETE /api/v0.1/backend/5/', 'POST /hook'],
  ]);
  assert.ok(page.calls.includes('GET /health'));
  assert.match(graphite.text, /servicelog\.logstash\.sent 1 /);
});

test('an older Node.js is refused with a sentence', async () => {
  const older = `Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } });`;
  const preload = `data:text/javascript,${encodeURIComponent(older)}`;
  const ended = promisify(execFile)(process.execPath, ['--import', preload, bundle]);
  await assert.rejects(ended, { code: 1, stderr: /^The executor needs Node\.js 24 or newer, and this is .*\n$/ });
});
