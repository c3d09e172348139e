/** Executors that reach their agent over a Unix socket: real daemons, our own executor, and what else may connect. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Authority, tlsVariables } from '@meseta/process/testing';
import type { TaskInfo } from '@meseta/protocol';
import { needs } from '@meseta/system/testing';
import { credentials, executors, ops } from './support/authentication.ts';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';
import { Meseta } from './support/meseta.ts';

const program = path.resolve(import.meta.dirname, '../packages/cli/bin/meseta.mjs');
const flags = { http_executor_domain_sockets: true };

/** A task with our own executor. @param before of its command line: an address of the agent that none listens on, for one. */
function ownExecutor(id: string, command: string, before = '', user?: string): Partial<TaskInfo> {
  const value = `${before} exec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}' executor -- ${command}`;
  const executor = { executor_id: { value: id }, command: { value, ...(user !== undefined && { user }) } };
  return { task_id: { value: id }, executor };
}

const nowhere = 'MESOS_AGENT_ENDPOINT=127.0.0.1:1';
const socketOf = ({ directory }: Cluster) => path.join(directory, 'agent-1-run/agent.sock');

/** A request as `curl --unix-socket` sends it. */
async function ask(
  socketPath: string,
  url: string,
  options: { readonly body?: unknown; readonly headers?: Record<string, string>; readonly method?: string } = {},
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const { body, method = body === undefined ? 'GET' : 'POST' } = options;
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', ...options.headers };
  const sent = request({ socketPath, path: url, method, headers, agent: false });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = await once(sent, 'response');
  let text = '';
  for await (const piece of answer) text += piece;
  return { status: answer.statusCode, text };
}

test('our executor works over the socket, over a restart of the agent, and over its port when the socket is gone', async t => {
  const cluster = await Cluster.start(t, { agents: [flags] });
  const framework = await cluster.framework();
  const states = (id: string) => [...new Set(framework.statesOf(id))];
  await framework.run(ownExecutor('short', 'true', nowhere));
  await framework.reaches('short', 'TASK_FINISHED');
  assert.deepEqual(states('short'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']);
  await framework.run(ownExecutor('stays', 'exec sleep 600', nowhere));
  await framework.run(ownExecutor('falls-back', 'exec sleep 600'));
  for (const id of ['stays', 'falls-back']) await framework.reaches(id, 'TASK_RUNNING');

  await cluster.agent.kill();
  assert.ok(existsSync(socketOf(cluster)), 'a killed agent leaves its socket');
  await cluster.agent.start();
  await cluster.registered(cluster.agent);
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'stays' } } });
  await framework.reaches('stays', 'TASK_KILLED');

  await cluster.agent.kill();
  await cluster.agent.start({ http_executor_domain_sockets: false });
  await cluster.registered(cluster.agent);
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'falls-back' } } });
  await framework.reaches('falls-back', 'TASK_KILLED');
});

test('a task sees the socket, which serves the two APIs alone, and goes with its agent', async t => {
  const cluster = await Cluster.start(t, { agents: [flags] });
  const framework = await cluster.framework();
  await framework.run(shellTask('sees', 'test -S "$MESOS_DOMAIN_SOCKET"'));
  await framework.reaches('sees', 'TASK_FINISHED');
  const socket = socketOf(cluster);
  assert.equal(statSync(socket).mode & 0o777, 0o666);
  assert.equal(statSync(path.dirname(socket)).mode & 0o777, 0o711, 'others pass, and do not list');
  for (const closed of [
    '/',
    '/state',
    '/slave(1)/state',
    '/slave(1)/flags',
    '/files/read?path=/',
    '/slave(1)/api/v1/x',
  ]) {
    const { status, text } = await ask(socket, closed);
    assert.equal(status, 403, closed);
    assert.match(text, /serves \/slave\(1\)\/api\/v1\/executor and \/slave\(1\)\/api\/v1 only/);
  }
  for (const open of ['/slave(1)/api/v1', '/slave%281%29//api/v1', '/api/v1']) {
    const { status, text } = await ask(socket, open, { body: { type: 'GET_HEALTH' } });
    assert.equal(status, 200, open);
    assert.deepEqual(JSON.parse(text), { type: 'GET_HEALTH', get_health: { healthy: true } });
  }
  const ids = { framework_id: { value: 'none' }, executor_id: { value: 'none' } };
  const stranger = await ask(socket, '/slave(1)/api/v1/executor', {
    body: { ...ids, type: 'SUBSCRIBE', subscribe: {} },
  });
  assert.deepEqual(stranger, { status: 400, text: 'Framework cannot be found' });
  await cluster.agent.kill('SIGTERM');
  assert.equal(existsSync(socket), false);
});

test('those who are asked at the port who they are, are asked over the socket', async t => {
  const asks = { ...executors, authenticate_http_readwrite: true, http_credentials: credentials };
  const cluster = await Cluster.start(t, { agents: [{ ...flags, ...asks }] });
  const framework = await cluster.framework();
  await framework.run(ownExecutor('own', 'true', nowhere));
  await framework.reaches('own', 'TASK_FINISHED');
  const call = { body: { type: 'GET_HEALTH' } };
  const socket = socketOf(cluster);
  assert.equal((await ask(socket, '/slave(1)/api/v1', call)).status, 401);
  assert.equal((await ask(socket, '/slave(1)/api/v1/executor', call)).status, 401);
  assert.equal((await ask(socket, '/slave(1)/api/v1', { ...call, headers: { Authorization: ops } })).status, 200);
});

test('an executor of another user reaches its agent', needs.root('executors run as other users'), async t => {
  const cluster = await Cluster.start(t, { agents: [flags] });
  chmodSync(cluster.directory, 0o755);
  const framework = await cluster.framework();
  await framework.run(ownExecutor('other', 'test "$(id -un)" = nobody', nowhere, 'nobody'));
  await framework.reaches('other', 'TASK_FINISHED');
});

const own = mkdtempSync(path.join(tmpdir(), 'socket-'));
after(() => rmSync(own, { recursive: true, force: true }));
const at = (name: string) => path.join(own, name);

interface Refusal {
  readonly name: string;
  readonly flags: readonly string[];
  readonly env?: Record<string, string>;
  readonly says: RegExp;
}

const authority = new Authority(own);
const mutual = tlsVariables(authority.issue('own'), authority.caFile, { REQUIRE_CLIENT_CERT: 'true' });
const refusals: Refusal[] = [
  {
    name: 'a path that is too long',
    flags: [`--domain_socket_location=${at('s'.repeat(107))}`],
    says: /Domain socket location '.*ss' must have less than 108 characters: choose a shorter one with --domain_socket_location/,
  },
  {
    name: 'a socket of systemd',
    flags: ['--domain_socket_location=systemd:executors'],
    says: /'systemd:executors': sockets of systemd are not supported. Give the path of a socket, which the agent makes/,
  },
  {
    name: 'a directory where others make files',
    flags: [`--domain_socket_location=${at('open/agent.sock')}`],
    says: /Cannot use the directory of --domain_socket_location '.*open'/,
  },
  {
    name: 'a file',
    flags: [`--domain_socket_location=${at('file')}`],
    says: /Cannot listen on .*file: another process listens there, or it is a file: end that process, or choose another path/,
  },
  {
    name: 'a socket that another process listens on',
    flags: [`--domain_socket_location=${at('taken')}`],
    says: /Cannot listen on .*taken: another process listens there/,
  },
  {
    name: 'certificates of clients, which there are none of over a socket',
    flags: [],
    env: mutual,
    says: /Clients of the agent need a certificate \(LIBPROCESS_SSL_REQUIRE_CLIENT_CERT\), .* use --http_executor_domain_sockets with --authenticate_http_executors/,
  },
];

test('a socket that cannot be, or must not be, is refused', async t => {
  mkdirSync(at('open'));
  chmodSync(at('open'), 0o777);
  writeFileSync(at('file'), 'content');
  const taken = createServer(socket => socket.destroy()).listen(at('taken'));
  t.after(() => taken.close());
  await once(taken, 'listening');
  for (const { name, flags: more, env, says } of refusals) {
    await t.test(name, async () => {
      const directories = [`--work_dir=${at('work')}`, `--runtime_dir=${at('run')}`];
      const argv = ['--master=127.0.0.1:1', '--ip=127.0.0.1', '--port=0', '--no-hostname_lookup', ...directories];
      const process = new Meseta(['agent', '--http_executor_domain_sockets', ...argv, ...more], env ? { env } : {});
      const { code, stderr } = await process.finished;
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
  }
  assert.equal(readFileSync(at('file'), 'utf8'), 'content');
  assert.ok(statSync(at('taken')).isSocket());
});

test('with certificates of clients and everyone authenticated, executors use the socket', async t => {
  const asks = { ...executors, authenticate_http_readonly: true, authenticate_http_readwrite: true };
  const agent = { ...flags, ...asks, http_credentials: credentials };
  const cluster = await Cluster.start(t, { agents: [agent], env: mutual, headers: { Authorization: ops } });
  const { status } = await ask(socketOf(cluster), '/slave(1)/api/v1', { body: { type: 'GET_HEALTH' } });
  assert.equal(status, 401);
});
