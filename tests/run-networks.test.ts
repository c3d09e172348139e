/** `meseta run` and `meseta local` with networks of this machine. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { needs, testInOwnNetwork } from '@meseta/system/testing';
import { Meseta } from './support/meseta.ts';

const plugins = '/usr/lib/cni';
const test = testInOwnNetwork(
  import.meta.url,
  needs.package('containernetworking-plugins', `${plugins}/bridge`, `${plugins}/host-local`),
);

/** A directory with the network `web`, and commands that know it. */
function scene(t: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'networks-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const ipam = { type: 'host-local', dataDir: path.join(directory, 'data'), ranges: [[{ subnet: '10.93.0.0/24' }]] };
  const bridge = { type: 'bridge', bridge: 'web0', isGateway: true, ipam };
  const config = { cniVersion: '1.0.0', name: 'web', plugins: [bridge] };
  writeFileSync(path.join(directory, 'web.conflist'), JSON.stringify(config));
  const env = { NETCONFPATH: directory, CNI_PATH: plugins, MESETA_MASTER: '' };
  const start = (argv: readonly string[], more: Record<string, string> = {}) => {
    const running = new Meseta(argv, { env: { ...env, ...more } });
    t.after(() => running.child.kill('SIGKILL'));
    return running;
  };
  return { directory, start };
}

test('a mistake in networks is named before anything starts', async t => {
  const { directory, start } = scene(t);
  const said = async (argv: readonly string[], env?: Record<string, string>) => {
    const { code, stdout, stderr } = await start(argv, env).finished;
    assert.deepEqual([code, stdout], [2, '']);
    return stderr;
  };
  const words = new RegExp(`There is no network 'wbe' in ${directory}: it has web`);
  assert.match(await said(['run', '--network', 'wbe', 'true']), words);
  assert.match(await said(['local', '--network', 'web', '--network', 'wbe']), words);
  const isolated = ['run', '--network', 'web', '--isolation', 'namespaces/pid', 'true'];
  assert.match(await said(isolated), /A network needs the isolator network\/cni, which --isolation does not name/);
  const missing = path.join(directory, 'no');
  const web = ['run', '--network', 'web', 'true'];
  assert.match(await said(web, { NETCONFPATH: missing }), new RegExp(`${missing}, where .* is no directory`));
  assert.match(await said(web, { CNI_PATH: `${plugins}:${missing}` }), new RegExp(`'${missing}' in \\$CNI_PATH`));
});

test('a task joins a network of the machine; its address is told by run, tasks and inspect, its traffic by stats', async t => {
  const { directory, start } = scene(t);
  const alone = await start(['run', '--network', 'web', 'hostname -I']).finished;
  assert.match(alone.stderr, /meseta: run-\S+ running at 10\.93\.0\.2\n/);
  assert.equal(alone.stdout.trim(), '10.93.0.2');

  const local = start(['local', '--json', '--port=0', '--network', 'web']);
  const { master } = JSON.parse(await local.firstLine());
  const on = (...argv: string[]) => start(argv, { MESETA_MASTER: master.replace('http://', '') }).finished;
  const task = path.join(directory, 'task');
  writeFileSync(task, JSON.stringify({ task_id: { value: 'a' }, name: 'a', command: { value: 'exec sleep 1000' } }));
  assert.equal((await on('run', '-q', '-d', '--task', task)).code, 0);
  assert.match((await on('tasks')).stdout, /^ID .* ADDRESS\na .* 10\.93\.0\.3\n$/);
  const [{ live_container: live }] = JSON.parse((await on('task', 'inspect', 'a')).stdout);
  assert.deepEqual(live.container_status.network_infos, [
    { name: 'web', ip_addresses: [{ protocol: 'IPv4', ip_address: '10.93.0.3' }] },
  ]);
  assert.deepEqual(live.container_info.network_infos, [{ name: 'web' }]);
  const [use] = JSON.parse((await on('task', 'stats', '--no-stream', '--json')).stdout);
  assert.equal(typeof use.resource_statistics.net_rx_bytes, 'number');
  assert.match((await on('task', 'stats', '--no-stream')).stdout, /^a .*[\d.]+K?i?B \/ [\d.]+K?i?B/m);

  local.child.kill('SIGTERM');
  assert.equal((await local.finished).code, 0);
});

test('the container of a task in a file gets the isolators that it needs', async t => {
  const { directory, start } = scene(t);
  const task = path.join(directory, 'task');
  const container = { type: 'MESOS', hostname: 'of-the-task', network_infos: [{ name: 'web' }] };
  writeFileSync(task, JSON.stringify({ name: 'a', command: { value: 'hostname' }, container }));
  const { code, stdout } = await start(['run', '-q', '--task', task]).finished;
  assert.deepEqual([code, stdout], [0, 'of-the-task\n']);
});

test('a configuration that is wrong is named', async t => {
  const { directory, start } = scene(t);
  writeFileSync(path.join(directory, 'other.conf'), '[]');
  const { code, stderr } = await start(['run', '--network', 'web', 'true']).finished;
  assert.equal(code, 1);
  assert.match(stderr, /other\.conf: must be a JSON object/);
});
