/** What containers in CNI networks see, and the agent's networks: flags, files, and what is wrong in them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { NetworkBench, networkPackages, run, server } from './testing/networks.ts';
import { startTestAgent } from './testing/test-agent.ts';

const test = testInOwnNetwork(import.meta.url, networkPackages);

test('files and names of a container are its own, and those of the machine stay as they are', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('silent', 1);
  await bench.writeBridge('named', 2, [], { resolvConf: '/dev/null' });
  const dns = {
    nameservers: ['192.0.2.1'],
    domain: 'example.test',
    search: ['a.test', 'b.test'],
    options: ['ndots:2'],
  };
  const mesos = [{ network_mode: 'CNI', network_name: 'silent', dns }];
  const agent = await startTestAgent(
    bench.at,
    ...bench.flags(`--default_container_dns=${JSON.stringify({ mesos })}`, '--isolation=namespaces/pid'),
  );
  bench.at.onEnd(() => agent.shutdown());
  const files = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];
  const before = await Promise.all(files.map(file => readFile(file, 'utf8')));
  const look = `stat -c %a ${files.join(' ')}; hostname; cat ${files.join(' ')}; echo $LIBPROCESS_IP; echo "# mine" >>/etc/hosts`;
  const own = { container: { type: 'MESOS' as const, hostname: 'alpha', network_infos: [{ name: 'silent' }] } };
  const shown = await bench.output('alpha', look, [], own);
  const [address] = await bench.addresses('alpha');
  const lines = [
    ...['644', '644', '644', 'alpha', '127.0.0.1 localhost', `${address} alpha`, 'alpha'],
    ...['domain example.test', 'search a.test b.test', 'options ndots:2', 'nameserver 192.0.2.1', '0.0.0.0'],
  ];
  assert.equal(shown, `${lines.join('\n')}\n`);
  const other = await bench.output('beta', 'hostname; cat /etc/resolv.conf', [{ name: 'named' }]);
  const { status } = await bench.at.master.until('beta', 'TASK_RUNNING');
  assert.equal(other, `${status.container_status?.container_id?.value}\n${before[2]}`);
  assert.deepEqual(await Promise.all(files.map(file => readFile(file, 'utf8'))), before);
  assert.equal(hostname(), (await run('hostname')).trim());

  bench.command('gamma', 'true', [], { container: { type: 'MESOS', hostname: 'gamma' } });
  const refused = await bench.at.master.until('gamma', 'TASK_FAILED');
  assert.match(refused.status.message ?? '', /host name 'gamma' and shares the network of the machine/);
  bench.command('delta', 'true', [], { container: { ...own.container, hostname: 'a b' } });
  const wrong = await bench.at.master.until('delta', 'TASK_FAILED');
  assert.match(wrong.status.message ?? '', /'a b' cannot be the host name of a container/);
  await bench.untilNothingIsLeft();
});

test('plugins get what the task asks for, the result of the one before, and the same again to detach', async t => {
  const bench = await NetworkBench.make(t);
  const own = { cniVersion: '1.0.0', ips: [{ address: '192.0.2.9/24' }], dns: { nameservers: ['192.0.2.53'] } };
  const write = `printf %s "$input" >${bench.at.directory}/$CNI_COMMAND`;
  await bench.writePlugin('first', `${write}-1; echo '${JSON.stringify(own)}'`);
  await bench.writePlugin('second', `${write}-2; echo '${JSON.stringify({ ...own, dns: {} })}'`);
  const first = { type: 'first', args: { mine: 1 }, capabilities: { ips: true } };
  const second = { type: 'second', capabilities: { portMappings: true, ips: false }, runtimeConfig: { kept: true } };
  await bench.write('net.conflist', { cniVersion: '1.0.0', name: 'net', plugins: [first, second] });
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const info = {
    ip_addresses: [{ protocol: 'IPv4' as const, ip_address: '192.0.2.9' }],
    labels: { labels: [{ key: 'k', value: 'v' }] },
    name: 'net',
    port_mappings: [{ host_port: 31001, container_port: 53, protocol: 'UDP' }],
  };
  const shown = await bench.output('task', 'cat /etc/resolv.conf', [info]);
  assert.equal(shown, await readFile('/etc/resolv.conf', 'utf8'), 'the last result counts, and it has no name server');
  await bench.untilNothingIsLeft();
  const read = async (name: string) => JSON.parse(await readFile(join(bench.at.directory, name), 'utf8'));
  const mesos = { 'org.apache.mesos': { network_info: info } };
  const common = { cniVersion: '1.0.0', name: 'net' };
  const toFirst = { ...common, ...first, args: { mine: 1, ...mesos }, runtimeConfig: { ips: ['192.0.2.9'] } };
  const portMappings = [{ hostPort: 31001, containerPort: 53, protocol: 'udp' }];
  const toSecond = { ...common, ...second, args: mesos, runtimeConfig: { kept: true, portMappings } };
  assert.deepEqual(await read('ADD-1'), toFirst);
  assert.deepEqual(await read('ADD-2'), { ...toSecond, prevResult: own });
  const final = { prevResult: { ...own, dns: {} } };
  assert.deepEqual(await read('DEL-2'), { ...toSecond, ...final });
  assert.deepEqual(await read('DEL-1'), { ...toFirst, ...final });
});

test('checks of a task are made in its network', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('web', 1);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  const times = { delay_seconds: 0, interval_seconds: 0.1, timeout_seconds: 20, grace_period_seconds: 60 };
  bench.command('http', server, [{ name: 'web' }], { health_check: { ...times, type: 'HTTP', http: { port: 80 } } });
  const command = { value: 'test "$(hostname -I)" = "10.91.1.3 " || { hostname -I; exit 1; }' };
  await bench.addresses('http');
  bench.command('command', 'sleep 1000', [{ name: 'web' }], { health_check: { ...times, type: 'COMMAND', command } });
  for (const id of ['http', 'command']) {
    const healthy = () => bench.at.master.statuses(id).some(({ status }) => status.healthy === true);
    await eventually(`the health of ${id}`, healthy);
  }
});

test('networks are found while the agent runs, and mistakes in files of others do not matter', async t => {
  const bench = await NetworkBench.make(t);
  await bench.writeBridge('old', 1);
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  bench.command('early', 'true', [{ name: 'new' }]);
  const { status } = await bench.at.master.until('early', 'TASK_FAILED');
  assert.match(status.message ?? '', /Unknown CNI network 'new': the agent's networks are old/);
  await bench.writeBridge('new', 2);
  await bench.write('broken.conf', '{');
  assert.match(await bench.output('late', 'ip -br address', [{ name: 'new' }]), /10\.91\.2\./);
  bench.command('unknown', 'true', [{ name: 'other' }]);
  const unknown = await bench.at.master.until('unknown', 'TASK_FAILED');
  assert.match(unknown.status.message ?? '', /the agent's networks are new, old .*broken\.conf: is not JSON/);
});

const mistakes: [name: string, content: unknown, message: RegExp][] = [
  ['is not JSON', '{"name"', /net\.conf: is not JSON: /],
  ['is a list', '[]', /net\.conf: must be a JSON object/],
  ['has no name', { type: 'bridge' }, /net\.conf: 'name' must be the name of the network/],
  ['has a name that is a path', { name: '../x', type: 'bridge' }, /'name' is '\.\.\/x'/],
  ['has a name that is taken', { name: 'hosts', type: 'bridge' }, /'name' is 'hosts', which a network cannot/],
  ['has no plugin', { name: 'a' }, /net\.conf: 'type' must be the name of a plugin/],
  ['has a plugin that is not there', { name: 'a', type: 'no-such' }, /'type' is 'no-such', and there is no such/],
  ['has a path for a plugin', { name: 'a', type: '/bin/sh' }, /'type' is '\/bin\/sh': it must be a name/],
  ['has no address plugin', { name: 'a', type: 'bridge', ipam: { type: 'nope' } }, /'ipam\.type' is 'nope'/],
  ['has an empty list', { name: 'a', plugins: [] }, /'plugins' must be a list of plugins/],
  ['has a wrong list', { name: 'a', plugins: [{ type: 'bridge' }, 5] }, /'plugins\[1\]' must be an object/],
  ['has a wrong plugin', { name: 'a', plugins: [{ type: 'b' }] }, /'plugins\[0\]\.type' is 'b'/],
  ['has a wrong version', { name: 'a', type: 'bridge', cniVersion: 1 }, /'cniVersion' must be a version/],
  ['has wrong capabilities', { name: 'a', type: 'bridge', capabilities: { ips: 1 } }, /'capabilities\.ips' must be/],
  ['has arguments of Mesos', { name: 'a', type: 'bridge', args: { 'org.apache.mesos': {} } }, /'args' must not have/],
];
test('an agent does not start with a mistake in its networks, and names file and field', async t => {
  const bench = await NetworkBench.make(t);
  for (const [name, content, message] of mistakes) {
    await bench.write('net.conf', content);
    await assert.rejects(startTestAgent(bench.at, ...bench.flags()), message, name);
  }
  await bench.write('net.conf', { name: 'old', type: 'bridge' });
  await bench.writeBridge('old', 1);
  await assert.rejects(startTestAgent(bench.at, ...bench.flags()), /old\.conflist: 'name' is 'old', as in .*net\.conf/);
  const flags: [flag: string, message: RegExp][] = [
    ['--network_cni_config_dir=/no/such', /Cannot read --network_cni_config_dir: .*\/no\/such/],
    ['--network_cni_plugins_dir=/no/such', /Cannot read --network_cni_plugins_dir: .*\/no\/such/],
    ['--network_cni_plugins_dir=', /network\/cni needs --network_cni_plugins_dir, too/],
    ['--default_container_dns={"mesos":[{"dns":{}}]}', /--default_container_dns: 'network_mode' .* must be CNI/],
  ];
  for (const [flag, message] of flags) {
    await assert.rejects(startTestAgent(bench.at, ...bench.flags(flag)), message, flag);
  }
});
