/** Checks of tasks in containers that have addresses: of an engine on this machine, and of one that is said to be on another. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import type { HealthCheck, TaskInfo } from '@meseta/protocol';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { dockerScene, inDocker } from './support/docker-scene.ts';
import { type Framework, shellTask } from './support/framework.ts';

const test = testInOwnNetwork(import.meta.url, needsDocker);
const engine = sharedEngine({ network: 'shared' });

const server = 'mkdir /www; echo hello >/www/index.html; exec httpd -f -p 8080 -h /www';
const times = {
  delay_seconds: 0,
  interval_seconds: 0.2,
  timeout_seconds: 2,
  grace_period_seconds: 0,
  consecutive_failures: 1000,
};
const kill_policy = { grace_period: { nanoseconds: 100_000_000 } };

const http = (path: string): HealthCheck => ({ ...times, type: 'HTTP', http: { port: 8080, path } });
const tcp = (port = 8080, protocol: 'IPv4' | 'IPv6' = 'IPv4'): HealthCheck => ({
  ...times,
  type: 'TCP',
  tcp: { port, protocol },
});
const runs = (value: string): HealthCheck => ({ ...times, type: 'COMMAND', command: { value } });

const bridge = inDocker({ network: 'BRIDGE' });
const web = inDocker({ network: 'USER' }, { network_infos: [{ name: 'web' }] });
const six = inDocker({ network: 'USER' }, { network_infos: [{ name: 'six' }] });
const host = inDocker({ network: 'HOST' });
const none = inDocker({ network: 'NONE' });

/** An engine with a bridge and two networks of users in the network of the agent, and a cluster that uses it. */
async function scene(t: Parameters<Parameters<typeof test>[1]>[0], flags: Readonly<Record<string, string>>) {
  const used = await engine();
  const create = (...argv: string[]) => execFileSync('docker', ['--host', used.host, 'network', 'create', ...argv]);
  create('--subnet=172.31.7.0/24', 'web');
  create('--ipv6', '--subnet=172.31.8.0/24', '--subnet=fd00:7::/64', 'six');
  return dockerScene(t, used, flags);
}

/** Runs a task until its health check has a result; gives this and the words for it. */
async function checked(
  framework: Framework,
  id: string,
  line: string,
  health_check: HealthCheck,
  container: Partial<TaskInfo>,
): Promise<string> {
  await framework.run({ ...shellTask(id, line), ...container, health_check, kill_policy });
  // Its server may not listen yet, and a new address of IPv6 is not used at once.
  const isTooEarly = line === server ? /ECONNREFUSED|timed out/ : /timed out/;
  const found = await eventually(`a result of ${id}`, () =>
    framework.updates.find(
      ({ task_id, healthy, message = '' }) =>
        task_id.value === id && (healthy || (healthy === false && !isTooEarly.test(message))),
    ),
  );
  await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
  await framework.end(id);
  return found.healthy ? 'healthy' : (found.message ?? '');
}

type Case = readonly [id: string, line: string, check: HealthCheck, container: Partial<TaskInfo>, result: RegExp];

/** What is the same wherever the engine is. */
const everywhere: readonly Case[] = [
  ['bridge-http', server, http('/index.html'), bridge, /^healthy$/],
  ['bridge-tcp', server, tcp(), bridge, /^healthy$/],
  ['bridge-command', server, runs('test -e /www'), bridge, /^healthy$/],
  ['web-http', server, http('/index.html'), web, /^healthy$/],
  ['web-tcp', server, tcp(), web, /^healthy$/],
  ['six-http', server, { ...http('/index.html'), http: { port: 8080, protocol: 'IPv6' } }, six, /^healthy$/],
  ['six-tcp', server, tcp(8080, 'IPv6'), six, /^healthy$/],
  ['missing', server, http('/no'), bridge, /^Health check failed: Unexpected HTTP response code: 404$/],
  ['refused', 'exec sleep 1000', tcp(), bridge, /^Health check failed: connection refused by 172\.30\.0\.\d+:8080 /],
  [
    'http-refused',
    'exec sleep 1000',
    http('/'),
    web,
    /^Health check failed: connection refused by 172\.31\.7\.\d+:8080 /,
  ],
  ['six-refused', 'exec sleep 1000', tcp(8080, 'IPv6'), six, /connection refused by \[?fd00:7::[\da-f]+\]?:8080 /],
  [
    'no-six',
    server,
    tcp(8080, 'IPv6'),
    bridge,
    /reports no IPv6 address of the container, whose network is '\w+': HTTP/,
  ],
  ['failed', server, runs('exit 7'), web, /^Health check failed: Command exited with status 7$/],
];

test('checks reach containers of an engine on another machine at their addresses, or say what they saw', async t => {
  const { cluster, framework } = await scene(t, { docker_host_local: 'false' });
  const port = cluster.agent.port; // nothing of the agent's machine is the container's
  const cases: readonly Case[] = [
    ...everywhere,
    ['host', 'exec sleep 1000', tcp(port), host, /reports no address of the container, whose network is 'host': HTTP/],
    ['none', 'exec sleep 1000', tcp(port), none, /reports no address of the container, whose network is 'none': HTTP/],
    ['host-command', 'exec sleep 1000', runs('true'), host, /^healthy$/],
  ];
  for (const [id, line, check, container, result] of cases)
    assert.match(await checked(framework, id, line, check, container), result, id);
});

test('checks reach containers of an engine on this machine, and this machine only in its network', async t => {
  const { cluster, framework } = await scene(t, {});
  const port = cluster.agent.port;
  const cases: readonly Case[] = [
    ...everywhere.filter(([id]) => ['bridge-http', 'web-tcp', 'six-tcp', 'no-six'].includes(id)),
    ['host', 'exec sleep 1000', tcp(port), host, /^healthy$/],
    ['none', 'exec sleep 1000', tcp(port), none, /reports no address of the container, whose network is 'none': HTTP/],
  ];
  for (const [id, line, check, container, result] of cases)
    assert.match(await checked(framework, id, line, check, container), result, id);
});
