/** HTTP and TCP checks of tasks in a network of their own: made inside of it, by processes that end with the check. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CheckInfo, HealthCheck } from '@meseta/protocol';
import { allPids, readProcess } from '@meseta/system';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { makeCertificate } from '@meseta/tasks/testing';
import { attaching, NetworkBench, networkPackages } from './testing/networks.ts';
import { kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const test = testInOwnNetwork(import.meta.url, networkPackages);

const times = { delay_seconds: 0, interval_seconds: 0.05, timeout_seconds: 20 };
const strict = { ...times, grace_period_seconds: 0, consecutive_failures: 1 };
/** Failures while the server starts do not count. */
const patient = { ...times, grace_period_seconds: 600 };
const container = { type: 'MESOS' as const, network_infos: [{ name: 'net' }] };

/** A bench whose network has no more than a loopback interface. */
const isolated = (t: TestContext) => NetworkBench.withPlugin(t, attaching(':'));

/** Serves HTTP at one address; `/away` leads to another one. */
const serving = `
import http.server, os, socket, ssl, sys
address, port, away, certificate = sys.argv[1:]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if self.path == '/away' else 200)
        if self.path == '/away': self.send_header('Location', away)
        self.end_headers()
        self.wfile.write(b'x' * 1000000)
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ':' in address else socket.AF_INET
server = Server((address, int(port)), Handler)
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, os.path.join(os.path.dirname(certificate), 'key.pem'))
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`;

/** Accepts connections and says nothing. */
const silent = `exec python3 -c "
import socket, time
server = socket.create_server(('127.0.0.1', 8080))
held = []
while True: held.append(server.accept())
"`;

/** Returns the command that serves at an address inside. */
async function writeServer(bench: NetworkBench): Promise<(...argv: string[]) => string> {
  const path = join(bench.at.directory, 'serving.py');
  await writeFile(path, serving);
  return (address, port = '8080', away = '', certificate = '') =>
    `python3 ${path} ${address} ${port} '${away}' '${certificate}' 2>/dev/null`;
}

const untilHealthy = ({ at: { master } }: NetworkBench, id: string, healthy = true) =>
  eventually(
    () => `${id} to be ${healthy ? 'healthy' : 'unhealthy'}: ${JSON.stringify(master.statuses(id).at(-1)?.status)}`,
    () => master.statuses(id).find(({ status }) => status.healthy === healthy)?.status,
  );

const untilChecked = (
  { at: { master } }: NetworkBench,
  id: string,
  matches: (check: CheckInfo['type'], found: unknown) => boolean,
) =>
  eventually(
    () => `the result of the check of ${id}: ${JSON.stringify(master.statuses(id).at(-1)?.status)}`,
    () => master.statuses(id).some(({ status: { check_status: found } }) => found && matches(found.type, found)),
  );

/** Processes that connect: the helper of an agent, or below it those of its checks. */
async function connecting(parent: number): Promise<number[]> {
  const found = [];
  for (const pid of allPids()) {
    const name = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    const { parent: above, state = 'Z' } = readProcess(pid) ?? {};
    if (name.startsWith('meseta-connections') && above === parent && state !== 'Z') found.push(pid);
  }
  return found;
}

async function relays(agent: number): Promise<number[]> {
  const [helper] = await connecting(agent);
  return helper === undefined ? [] : connecting(helper);
}

/** Waits for a check that waits for an answer. @returns the process that makes it, without privileges. */
const untilConnecting = (agent: number, user = 0) =>
  eventually('a check that is being made, as the user of the task and without capabilities', async () => {
    for (const pid of await relays(agent)) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const unprivileged = /^CapPrm:\s+0+$/m.test(status) && /^CapEff:\s+0+$/m.test(status);
      if (unprivileged && new RegExp(`^Uid:(\\s+${user}){4}$`, 'm').test(status)) return pid;
    }
    return undefined;
  });

test('a server that listens at the loopback address of its network only is seen, and where it leads to, too', async t => {
  const bench = await isolated(t);
  const serve = await writeServer(bench);
  const keys = join(bench.at.directory, 'keys');
  await mkdir(keys);
  const { certPath } = makeCertificate(keys);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const both = `${serve('127.0.0.1', '8080', 'https://localhost:8443/')} & ${serve('127.0.0.1', '8443', '', certPath)}`;
  const http: HealthCheck = { ...patient, type: 'HTTP', http: { port: 8080, path: '/away' } };
  const tcp: CheckInfo = { ...times, type: 'TCP', tcp: { port: 8443 } };
  bench.at.master.command('task', both, { container, health_check: http, check: tcp });
  await untilHealthy(bench, 'task');
  await untilChecked(bench, 'task', (_, found) => (found as { tcp?: { succeeded?: boolean } }).tcp?.succeeded === true);
  const https: HealthCheck = { ...patient, type: 'HTTP', http: { port: 8443, scheme: 'https' } };
  const status: CheckInfo = { ...times, type: 'HTTP', http: { port: 8443 } }; // not in its protocol: no result
  const secure = serve('127.0.0.1', '8443', '', certPath);
  bench.at.master.command('secure', secure, { container, health_check: https, check: status });
  await untilHealthy(bench, 'secure');
  assert.ok(bench.at.master.statuses('secure').every(each => !each.status.check_status?.http?.status_code));
  await agent.shutdown();
  assert.deepEqual(await connecting(process.pid), []);
});

test('a server of the machine at the same port is not seen', async t => {
  const bench = await isolated(t);
  let connections = 0;
  const server = createServer(socket => {
    connections++;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  bench.at.onEnd(async () => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  for (const [id, health_check] of Object.entries({
    tcp: { ...strict, type: 'TCP', tcp: { port } },
    http: { ...strict, type: 'HTTP', http: { port } },
  } satisfies Record<string, HealthCheck>)) {
    bench.at.master.command(id, 'sleep 600', { container, health_check });
    const { message = '' } = await untilHealthy(bench, id, false);
    assert.match(
      message,
      new RegExp(`^Health check failed: connection refused by 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)`),
    );
    await bench.at.master.until(id, 'TASK_KILLED');
  }
  assert.equal(connections, 0);
  // One in the machine's network sees it.
  bench.at.master.command('here', 'sleep 600', { health_check: { ...strict, type: 'TCP', tcp: { port } } });
  await untilHealthy(bench, 'here');
  assert.ok(connections > 0);
});

test('IPv6 is the loopback address of that protocol inside, and tasks of a pod are in its network', async t => {
  const bench = await isolated(t);
  const serve = await writeServer(bench);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const protocol = 'IPv6' as const;
  const command = { value: serve('::1') };
  bench.at.master.runGroup(
    [
      { id: 'http', command, health_check: { ...patient, type: 'HTTP', http: { port: 8080, protocol } } },
      // It has the network, and so the server, of the other one.
      {
        id: 'tcp',
        command: { value: 'sleep 600' },
        health_check: { ...patient, type: 'TCP', tcp: { port: 8080, protocol } },
      },
    ],
    { info: { container } },
  );
  await untilHealthy(bench, 'http');
  await untilHealthy(bench, 'tcp');
  const health_check: HealthCheck = { ...strict, type: 'TCP', tcp: { port: 8080, protocol: 'IPv4' } };
  bench.at.master.command('other', serve('::1'), { container, health_check });
  const { message = '' } = await untilHealthy(bench, 'other', false);
  assert.match(message, /connection refused by 127\.0\.0\.1:8080/);
});

test('a check of a server that hangs has the rights of the task, and is cut off', async t => {
  const bench = await isolated(t);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const health_check: HealthCheck = { ...patient, type: 'HTTP', http: { port: 8080 }, timeout_seconds: 0 };
  const command = { value: silent, user: 'nobody' };
  bench.at.master.run({ id: 'nobody', command, container, health_check });
  await untilConnecting(process.pid, 65534);
  bench.at.master.kill('nobody');
  await bench.at.master.until('nobody', 'TASK_KILLED');
  await eventually('the end of its check', async () => (await relays(process.pid)).length === 0);

  // The check begins when the server of another task of the pod listens.
  const listens: HealthCheck = { ...patient, type: 'TCP', tcp: { port: 8080 } };
  const server = { id: 'server', command: { value: silent }, health_check: listens };
  bench.at.master.runGroup([server], { info: { container } });
  await untilHealthy(bench, 'server');
  const late: HealthCheck = { ...strict, type: 'HTTP', http: { port: 8080 }, timeout_seconds: 2 };
  const root = { id: 'root', command: { value: 'sleep 600' }, health_check: late };
  bench.at.master.runGroup([root], { launch: false });
  const { message } = await untilHealthy(bench, 'root', false);
  assert.equal(message, 'Health check failed: timed out after 2 s');
  await bench.at.master.until('root', 'TASK_KILLED');
  bench.at.master.kill('server');
  await bench.at.master.until('server', 'TASK_KILLED');
  await eventually('the end of its check', async () => (await relays(process.pid)).length === 0);
});

test('a helper that is killed is started again, and ends with the agent', async t => {
  const bench = await isolated(t);
  const first = spawnAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => kill(first, 'SIGKILL'));
  await bench.at.master.untilAgent();
  const health_check: HealthCheck = { ...patient, type: 'HTTP', http: { port: 8080 }, timeout_seconds: 0 };
  bench.at.master.command('task', silent, { container, health_check });
  const agent = first.pid ?? assert.fail();
  const relay = await untilConnecting(agent);
  const [helper = assert.fail()] = await connecting(agent);
  process.kill(relay, 'SIGKILL'); // first, because it ends with the helper
  process.kill(helper, 'SIGKILL');
  const left = (pids: number[]) => pids.filter(pid => (readProcess(pid)?.state ?? 'Z') !== 'Z');
  await eventually('their end', () => left([helper, relay]).length === 0);
  const next = await untilConnecting(agent);
  const [second = assert.fail()] = await connecting(agent);
  await kill(first, 'SIGKILL');
  await eventually('the end of the helper and the check', () => left([second, next]).length === 0);
  const again = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => again.shutdown());
  await untilConnecting(process.pid);
  bench.at.master.kill('task');
  await bench.at.master.until('task', 'TASK_KILLED');
});
