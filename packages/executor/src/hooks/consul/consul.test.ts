/** The Consul hook against a real Consul server. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import { LocalMemory } from '@meseta/tasks';
import { makeCertificate } from '@meseta/tasks/testing';
import { ExecutorProcess, taskInfo } from '../../testing/executor-process.ts';
import { ConsulClient, type ConsulService } from './client.ts';
import { ConsulHook } from './hook.ts';

const consulProgram = needs.program('consul', 'scripts/install-consul.sh installs it');

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}

const masterToken = 'hush';

/** A server in development mode. @param more of its configuration; with it, it speaks HTTPS as well. */
async function startConsul(context: TestContext, more = '') {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-consul-'));
  const [http, server, lan, wan, grpc, https] = await freePorts(6);
  const hcl = `ports { dns = -1 http = ${http} server = ${server} serf_lan = ${lan} serf_wan = ${wan} grpc = ${grpc} https = ${more ? https : -1} } ${more}`;
  const args = ['agent', '-dev', '-bind=127.0.0.1', '-hcl', hcl, '-log-level=err', `-data-dir=${directory}`];
  const child: ChildProcess = spawn('consul', args, { stdio: 'ignore', cwd: directory });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  context.after(async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  });
  const headers = { 'X-Consul-Token': masterToken }; // only looked at where there are ACLs
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${http}${path}`, { headers })).json();
  await eventually(
    'a leader',
    async () => (await get('/v1/status/leader').catch(() => '')) !== '' && get('/v1/agent/self').catch(() => ''),
  );
  return { address: `127.0.0.1:${http}`, secureAddress: `127.0.0.1:${https}`, get, stop };
}

interface Service {
  Service: string;
  Port: number;
  Tags: string[];
  Address: string;
}

const services = async (consul: { get(path: string): Promise<unknown> }) =>
  Object.entries((await consul.get('/v1/agent/services')) as Record<string, Service>);

const labels = {
  labels: [
    { key: 'consul', value: 'web' },
    { key: 'public', value: 'tag' },
  ],
};
const port = (number: number, consul?: string) => ({
  number,
  name: `p${number}`,
  ...(consul && { labels: { labels: [{ key: 'consul', value: consul }] } }),
});
const discovery = (...ports: ReturnType<typeof port>[]) => ({ visibility: 'EXTERNAL' as const, ports: { ports } });

test('registered once healthy, gone before the end', consulProgram, async context => {
  const consul = await startConsul(context);
  const executor = await ExecutorProcess.make(context);
  executor.start({ CONSUL_HTTP_ADDR: consul.address, CLOUD_PUBLIC_IP: '127.0.0.1', CONSUL_GLOBAL_TAG: 'meseta' });
  const health_check = {
    type: 'COMMAND' as const,
    command: { value: 'test -e up -a -e healthy' },
    delay_seconds: 0,
    interval_seconds: 0.05,
  };
  await executor.launch(
    "trap 'while [ ! -e go ]; do sleep 0.01; done; exit' TERM; echo > up; while :; do sleep 0.01; done",
    {
      ...{ labels, discovery: discovery(port(31000, 'web,api'), port(31001)), health_check },
    },
  );
  await executor.state('RUNNING');
  assert.deepEqual(await services(consul), []);
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${executor.sandbox}/healthy`, '');
  await executor.state('RUNNING +');
  const found = await eventually('both services', async () => {
    const all = await services(consul);
    return all.length === 2 && all;
  });
  assert.deepEqual(
    found.map(([id, { Service, Port, Tags, Address }]) => [id, Service, Port, Tags, Address]).sort(),
    ['api', 'web'].map(name => [`t_${name}_31000`, name, 31000, ['public', 'meseta', 'marathon-task:t'], '127.0.0.1']),
  );
  executor.agent.send({ type: 'KILL', kill: { task_id: { value: 't' } } });
  await eventually('deregistration before the end of the task', async () => (await services(consul)).length === 0);
  assert.equal(executor.states.includes('KILLED'), false);
  await writeFile(`${executor.sandbox}/go`, '');
  assert.equal(await executor.ended(), 0);
});

test('by HTTPS, with a token that may', consulProgram, async context => {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-authority-'));
  context.after(() => rm(directory, { recursive: true }));
  const authorities = join(directory, 'authorities');
  await mkdir(join(authorities, 'ours'), { recursive: true });
  const { certPath, keyPath } = makeCertificate(directory, 'DNS:consul.example');
  await copyFile(certPath, join(authorities, 'ours', 'own.crt'));
  const consul = await startConsul(
    context,
    `cert_file = "${certPath}" key_file = "${keyPath}"
     acl { enabled = true default_policy = "deny" tokens { master = "${masterToken}" } }`,
  );
  const environment = {
    ...{ CONSUL_HTTP_ADDR: consul.secureAddress, CONSUL_HTTP_SSL: 'true', CONSUL_HTTP_SSL_VERIFY: 'true' },
    ...{ CONSUL_CAPATH: authorities, CONSUL_TLS_SERVER_NAME: 'consul.example' },
  };
  const task = { labels, discovery: discovery(port(31000)) };
  const allowed = (await ExecutorProcess.make(context)).start({ ...environment, CONSUL_HTTP_TOKEN: masterToken });
  await allowed.launch('sleep 10000', task);
  await eventually('registration', async () => (await services(consul)).length === 1);
  allowed.signal('SIGTERM');
  assert.equal(await allowed.ended(), 0);
  assert.deepEqual(await services(consul), []);
  assert.doesNotMatch(allowed.output, /hush|failed/);
  for (const [more, message] of [
    [{}, /Consul answered 403/],
    [{ CONSUL_CAPATH: '' }, /self-signed certificate/],
  ] as const) {
    const refused = (await ExecutorProcess.make(context)).start({ ...environment, ...more });
    await refused.launch('sleep 10000', task);
    assert.equal(await refused.ended(), 0);
    assert.equal(refused.states.at(-1), 'FAILED');
    assert.match(refused.lastMessage ?? '', message);
  }
});

test('the namespace and the partition go with every call; a bad variable is named', async context => {
  const urls: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    urls.push(request.url);
    response.end('[]');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const environment = {
    ...{ CONSUL_HTTP_ADDR: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    ...{ CONSUL_NAMESPACE: 'a b', CONSUL_PARTITION: 'p' },
  };
  const { signal } = new AbortController();
  const client = new ConsulClient(environment, undefined);
  await client.deregister('x', signal);
  await client.healthy('logs', signal);
  assert.deepEqual(urls, [
    '/v1/agent/service/deregister/x?ns=a+b&partition=p',
    '/v1/health/service/logs?passing=1&ns=a+b&partition=p',
  ]);
  assert.throws(
    () => new ConsulClient({ CONSUL_HTTP_SSL: 'maybe' }, undefined),
    /CONSUL_HTTP_SSL='maybe': expected true or false/,
  );
});

test('deregistered when the agent is lost', consulProgram, async context => {
  const consul = await startConsul(context);
  const executor = await ExecutorProcess.make(context);
  executor.start({ CONSUL_HTTP_ADDR: `http://${consul.address}`, MESETA_EXECUTOR_STATE_UPDATE_WAIT_TIMEOUT: '100ms' });
  await executor.launch('sleep 10000', { labels, discovery: discovery(port(31000)) });
  await eventually('registration', async () => (await services(consul)).length === 1);
  await executor.agent.close();
  await executor.ended();
  assert.deepEqual(await services(consul), []);
});

test('a Consul that is gone fails the task', consulProgram, async context => {
  const consul = await startConsul(context);
  await consul.stop();
  const executor = (await ExecutorProcess.make(context)).start({ CONSUL_HTTP_ADDR: consul.address });
  await executor.launch('sleep 10000', { labels, discovery: discovery(port(31000)) });
  assert.equal(await executor.ended(), 0);
  assert.equal(executor.states.at(-1), 'FAILED');
  assert.match(executor.lastMessage ?? '', /Hook 'consul' failed on AfterTaskHealthy: .*ECONNREFUSED/);
});

test('all or nothing: one that is refused undoes those before it', async () => {
  const log: string[] = [];
  const client = {
    register: async ({ Name }: ConsulService) => {
      if (Name === 'bad') throw new Error('Consul answered 500');
      log.push(`+${Name}`);
    },
    deregister: async (id: string) => void log.push(`-${id}`),
  };
  const options = { globalTag: '', initialStatus: 'passing', address: '127.0.0.1', checkAddress: '127.0.0.1' };
  const hook = new ConsulHook(client, options);
  const info = taskInfo('t', 'true', { labels, discovery: discovery(port(1, 'fine'), port(2, 'bad')) });
  const task = { info, sandbox: '/', environment: {}, memory: new LocalMemory() };
  await assert.rejects(hook.handle('AfterTaskHealthy', task, new AbortController().signal), /Consul answered 500/);
  await hook.handle('BeforeTerminate', task, new AbortController().signal);
  assert.deepEqual(log, ['+fine', '-t_fine_1', '-t_bad_2']);
});

test('no label, or the hook switched off: Consul is not even looked for', async context => {
  for (const [environment, more] of [
    [{}, {}],
    [{ MESETA_EXECUTOR_CONSUL_HOOK_ENABLED: 'false' }, { labels }],
  ] as const) {
    const executor = (await ExecutorProcess.make(context)).start({ CONSUL_HTTP_ADDR: '127.0.0.1:1', ...environment });
    await executor.launch('true', more);
    assert.equal(await executor.ended(), 0);
    assert.equal(executor.states.at(-1), 'FINISHED');
  }
});
