/** Containers in CNI networks: bridges, addresses and ports, with the plugins of Debian. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { attaching, NetworkBench, networkPackages, run, server } from './testing/networks.ts';
import { startTestAgent } from './testing/test-agent.ts';

const test = testInOwnNetwork(import.meta.url, networkPackages);
const fetching = 'curl -sS --retry 100 --retry-delay 1 --retry-connrefused';
const portmap = { type: 'portmap', capabilities: { portMappings: true } };

test('containers of a network reach each other, and the status has their addresses', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('web', 1);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  bench.command('server', server, [{ name: 'web', labels: { labels: [{ key: 'a' }] } }]);
  const [address = ''] = await bench.addresses('server');
  assert.match(address, /^10\.91\.1\.\d+$/);
  const { status } = await bench.at.master.until('server', 'TASK_RUNNING');
  const told = status.container_status?.network_infos;
  const ip_addresses = [{ protocol: 'IPv4', ip_address: address }];
  assert.deepEqual(told, [{ labels: { labels: [{ key: 'a' }] }, name: 'web', ip_addresses }]);
  const page = await bench.output('client', `${fetching} http://${address}/`, [{ name: 'web' }]);
  assert.match(page, /Directory listing/);
  const { status: last } = await bench.at.master.until('client', 'TASK_FINISHED');
  assert.equal(last.container_status?.network_infos?.[0]?.name, 'web'); // although the container has left it

  const [executor] = agent.context.agent.executors();
  const usage = await agent.context.containerizer.usage(executor?.container ?? assert.fail());
  assert.ok(Number(usage?.net_rx_bytes) > 0 && Number(usage?.net_tx_packets) > 0, JSON.stringify(usage));

  await agent.shutdown();
  await bench.untilNothingIsLeft();
});

test('--no-network_cni_metrics leaves interfaces out of the statistics', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('web', 1);
  const agent = await startTestAgent(bench.at, ...bench.flags(), '--no-network_cni_metrics');
  bench.at.onEnd(() => agent.shutdown());
  bench.command('task', 'exec sleep 600', [{ name: 'web' }]);
  await bench.at.master.until('task', 'TASK_RUNNING');
  const [executor] = agent.context.agent.executors();
  const usage = await agent.context.containerizer.usage(executor?.container ?? assert.fail());
  assert.ok(usage);
  assert.equal(usage.net_rx_bytes, undefined);
  await agent.shutdown();
  await bench.untilNothingIsLeft();
});

test('a container joins several networks, each with an interface of its own', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('one', 1, [], { routes: [{ dst: '0.0.0.0/0' }] });
  await bench.writeBridge('two', 2);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const shown = await bench.output('task', 'ip -br address', [{ name: 'two' }, {}, { name: 'one' }]);
  assert.match(shown, /^lo +\S+ +127\.0\.0\.1\/8/m);
  assert.match(shown, /^eth0@\S+ +UP +10\.91\.2\./m);
  assert.match(shown, /^eth1@\S+ +UP +10\.91\.1\./m);
  assert.deepEqual((await bench.addresses('task')).length, 2);
  bench.command('twice', 'true', [{ name: 'one' }, { name: 'one' }]);
  const { status } = await bench.at.master.until('twice', 'TASK_FAILED');
  assert.match(status.message ?? '', /Attempted to join CNI network 'one' multiple times/);
  await bench.untilNothingIsLeft();
});

test('ports of the machine lead to ports of a container, while it runs', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('web', 1, [portmap]);
  await bench.writeBridge('plain', 2);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const port_mappings = [{ host_port: 31005, container_port: 80, protocol: 'TCP' }];
  bench.command('server', server, [{ name: 'web', port_mappings }]);
  const { status } = await bench.at.master.until('server', 'TASK_RUNNING');
  assert.deepEqual(status.container_status?.network_infos?.[0]?.port_mappings, port_mappings);
  const page = await eventually('the server on the port of the machine', () =>
    run('curl', '-sS', 'http://10.91.1.1:31005/').catch(() => ''),
  );
  assert.match(page, /Directory listing/);
  assert.match(await run('iptables-save'), /31005/);

  bench.command('unmapped', 'true', [{ name: 'plain', port_mappings }]);
  const refused = await bench.at.master.until('unmapped', 'TASK_FAILED');
  assert.match(refused.status.message ?? '', /Network 'plain' cannot map ports: .*plain\.conflist.*plugin portmap/);

  await agent.shutdown();
  await bench.untilNothingIsLeft();
  assert.doesNotMatch(await run('iptables-save'), /31005/);
});

test('a bandwidth limit is a part of the chain', async t => {
  const bench = await NetworkBench.make(t);
  const limit = { type: 'bandwidth', ingressRate: 1_000_000, ingressBurst: 800_000 };
  await bench.writeBridge('slow', 1, [limit]);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  bench.command('task', 'sleep 1000', [{ name: 'slow' }]);
  await bench.addresses('task');
  assert.match(await run('tc', 'qdisc', 'show'), /qdisc tbf .* rate 1Mbit/);
  await agent.shutdown();
  await bench.untilNothingIsLeft();
});

test('plugins that take their time to detach containers are left to it', async t => {
  const bench = await NetworkBench.withPlugin(
    t,
    attaching('sleep 1; echo "detached - -" >>"$(dirname "$0")/../calls"'),
  );
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const ids = Array.from({ length: 4 }, (_, index) => `task-${index}`);
  for (const id of ids) bench.command(id, 'sleep 1000', [{ name: 'net' }]);
  for (const id of ids) await bench.addresses(id);
  for (const id of ids) bench.kill(id);
  await bench.untilNothingIsLeft();
  const detached = (await bench.calls()).filter(call => call === 'detached');
  assert.equal(detached.length, ids.length);
});

test('containers that start together get addresses of their own, and none keeps the namespace of another', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('web', 1, [portmap]);
  const agent = await startTestAgent(bench.at, ...bench.flags('--isolation=filesystem/linux'));
  bench.at.onEnd(() => agent.shutdown());
  const ids = Array.from({ length: 8 }, (_, index) => `task-${index}`);
  const mapped = (index: number) => [{ host_port: 31000 + index, container_port: 80 }];
  ids.forEach((id, index) => {
    bench.command(id, 'sleep 1000', [{ name: 'web', port_mappings: mapped(index) }]);
  });
  const addresses = new Set((await Promise.all(ids.map(id => bench.addresses(id)))).flat());
  assert.equal(addresses.size, ids.length);
  // A container that is launched now has a copy of the mounts of all others.
  bench.command('last', 'exec sleep 1000', [{ name: 'web' }]);
  const { status } = await bench.at.master.until('last', 'TASK_RUNNING');
  const mounts = () => readFile(`/proc/${status.container_status?.executor_pid}/mountinfo`, 'utf8');
  const kept = (text: string) =>
    text.split('\n').filter(line => /\/isolators\/network\/cni\/\S+\/ns /.test(line)).length;
  assert.ok(kept(await mounts()) >= ids.length, await mounts());
  for (const id of ids) bench.kill(id);
  for (const id of ids) await bench.at.master.until(id, 'TASK_KILLED');
  await eventually('one record', async () => (await readdir(bench.records)).length === 1);
  assert.equal(kept(await mounts()), 0);
});
