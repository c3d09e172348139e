/** Three masters, a real ZooKeeper ensemble, and what happens when parts of them fail. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { needsZooKeeper } from '@meseta/storage/testing';
import { parseZooKeeperAddress, ZooKeeperSession } from '@meseta/storage/zookeeper';
import { eventually } from '@meseta/system/testing';
import { BreakableConnection } from './support/breakable-connection.ts';
import { Daemon, freePort } from './support/daemon.ts';
import { ElectionScene, leads } from './support/high-availability.ts';
import { Meseta, meseta } from './support/meseta.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const get = (origin: string, url: string) => fetch(`${origin}${url}`, { redirect: 'manual' });

test('three masters elect one; the others redirect and answer for themselves', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t);
  const leader = await scene.leader();
  const agent = await scene.addAgent();
  const agentId = await scene.registered(leader);
  const standbys = scene.masters.filter(master => master !== leader);
  assert.equal(standbys.length, 2);
  for (const { origin } of standbys) {
    for (const url of ['/state', '/master/slaves?slave_id=x', '/api/v1', '/']) {
      const answer = await get(origin, url);
      assert.deepEqual([answer.status, answer.headers.get('location')], [307, `//${leader.address}${url}`]);
    }
    assert.equal((await get(origin, '/redirect')).headers.get('location'), `//${leader.address}`);
    for (const url of ['/health', '/version', '/flags']) assert.equal((await get(origin, url)).status, 200, url);
    const metrics = (await (await get(origin, '/metrics/snapshot')).json()) as Record<string, number>;
    assert.equal(metrics['master/elected'], 0);
    assert.ok((metrics['master/uptime_secs'] ?? 0) > 0, 'since its start, not since it leads');
  }
  const state = (await (await get(leader.origin, '/state')).json()) as {
    leader: string;
    leader_info: { port: number };
    pid: string;
  };
  assert.deepEqual([state.leader, state.leader_info.port], [state.pid, leader.port]);

  // Clients find the leader by every form of address.
  const file = path.join(scene.directory, 'address');
  writeFileSync(file, `${scene.address}\n`);
  const addresses = [
    ...[scene.address, `file://${file}`, scene.masters.map(({ address }) => address).join()],
    ...standbys.map(({ address }) => address),
  ];
  for (const address of addresses) {
    const { stdout, stderr, code } = await meseta('agents', '--quiet', '--master', address);
    assert.deepEqual([code, stdout.trim(), stderr], [0, agentId, ''], address);
  }
  for (const address of addresses.slice(0, 3)) {
    const { stdout } = await meseta('masters', '--format', 'jsonl', '--master', address);
    const states = stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { state: string }).state);
    assert.deepEqual(states, ['leading', 'standby', 'standby'], address);
  }
  const fromEnvironment = await new Meseta(['run', 'echo $((6*7))'], { env: { MESETA_MASTER: scene.address } })
    .finished;
  assert.match(fromEnvironment.stdout, /^42$/m);
  const kept = (await (await get(agent.origin, '/state')).json()) as { master_hostname: string };
  assert.equal(kept.master_hostname, '127.0.0.1');
});

test(
  'a leader that is killed: the next one leads, the agent registers with it, its tasks go on',
  needsZooKeeper,
  async t => {
    // The next leader has to know the agent: these masters share what they store.
    const work_dir = temporaryDirectory(t, 'masters');
    const scene = await ElectionScene.start(t, { masterFlags: { work_dir } });
    const first = await scene.leader();
    await scene.addAgent();
    const agentId = await scene.registered(first);
    const [go, marker] = ['go', 'again'].map(name => path.join(scene.directory, name));
    const run = new Meseta([
      'run',
      '--master',
      scene.address,
      `echo before; until [ -e ${go} ]; do sleep 0.1; done; exit 7`,
    ]);
    await run.says(/^before$/m);
    await first.kill();
    const second = await scene.leader(first);
    assert.equal(await scene.registered(second), agentId);
    await run.says(/lost the master, subscribing again/);
    await run.says(/subscribed again, with the master at 127\.0\.0\.1:\d+/);
    writeFileSync(go ?? '', '');
    assert.equal((await run.finished).code, 7);

    // The next fail-over, with the first master back as a standby.
    await scene.startAgain(first);
    const next = new Meseta([
      'run',
      '--master',
      scene.address,
      `echo before; until [ -e ${marker} ]; do sleep 0.1; done`,
    ]);
    await next.says(/^before$/m);
    await second.kill('SIGTERM');
    const third = await scene.leader(second);
    await scene.registered(third);
    writeFileSync(marker ?? '', '');
    assert.equal((await next.finished).code, 0);
  },
);

test('a leader that was stopped for too long does not lead again', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 2 });
  const first = await scene.leader();
  await first.kill('SIGSTOP');
  const second = await scene.leader(first);
  const { ended } = first;
  let isOver = false;
  void ended.then(() => (isOver = true));
  await first.kill('SIGCONT');
  await eventually('its end', async () => {
    assert.equal(await leads(first), false, 'it serves as a leader');
    return isOver;
  });
  assert.equal(await ended, 'code 1');
  assert.match(first.log, /^F.*The master cannot go on.*This master has lost the lead/m);
  assert.equal(await scene.leader(), second);
});

test('a leader that is cut off from ZooKeeper stops before another leads', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 0 });
  const way = await BreakableConnection.to(t, scene.zookeeper.server(0).host);
  const first = await scene.addMaster('cut-off', { zk: `zk://${way.host}/mesos` });
  assert.equal(await scene.leader(), first);
  const second = await scene.addMaster('other');
  way.cut();
  await eventually('the second to lead', () => leads(second));
  assert.equal(await leads(first), false);
  assert.equal(await first.ended, 'code 1');
  way.mend();
  await scene.startAgain(first);
  await eventually('the redirect', async () => {
    return (await get(first.origin, '/state')).headers.get('location') === `//${second.address}/state`;
  });
});

test('without a majority of ZooKeeper nobody leads; with it again, one does', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 2 });
  const first = await scene.leader();
  const agent = await scene.addAgent();
  const agentId = await scene.registered(first);
  // One server is not enough to miss.
  await scene.zookeeper.server(0).kill();
  await scene.zookeeper.server(0).restart();
  await scene.zookeeper.server(1).kill();
  assert.equal(await scene.leader(), first);
  await scene.zookeeper.server(2).kill();
  assert.equal(await first.ended, 'code 1');
  const [standby] = scene.masters.filter(master => master !== first);
  await eventually('no leader', async () => (await get(standby?.origin ?? '', '/state')).status === 503);
  assert.ok(standby?.running);
  await eventually('the agent to wait', () => /no master leads at zk:/i.test(agent.log));
  await Promise.all([scene.zookeeper.server(1).restart(), scene.zookeeper.server(2).restart()]);
  const next = await scene.leader(first);
  assert.equal(await scene.registered(next), agentId);
});

test('a leader whose node is removed leaves with an error; a standby contends again', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 2, servers: 1 });
  const first = await scene.leader();
  const [standby] = scene.masters.filter(master => master !== first);
  const tool = new ZooKeeperSession({ address: parseZooKeeperAddress(scene.address), timeoutMs: 4000 });
  t.after(() => tool.close());
  const candidates = async () => (await tool.children('/mesos')).filter(name => name.startsWith('json.info_')).sort();
  await eventually('both candidates', async () => (await candidates()).length === 2);
  const [smallest = '', largest = ''] = await candidates();
  await tool.remove(`/mesos/${largest}`);
  await eventually('another candidacy', async () => (await candidates()).length === 2);
  assert.match(standby?.log ?? '', /lost its candidacy for leadership; it contends again/);
  assert.equal(await scene.leader(), first);
  await tool.remove(`/mesos/${smallest}`);
  assert.equal(await first.ended, 'code 1');
  assert.equal(await scene.leader(), standby);
});

test('credentials protect the nodes and are shown nowhere', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 1, servers: 1, credentials: 'meseta:hunter2@' });
  const leader = await scene.leader();
  const agent = await scene.addAgent();
  await scene.registered(leader);
  const { stdout } = await meseta('agents', '--master', scene.address);
  const shown = [leader.log, agent.log, stdout];
  for (const { origin } of [leader, agent]) {
    for (const url of ['/flags', '/state']) shown.push(await (await get(origin, url)).text());
  }
  for (const text of shown) assert.ok(!text.includes('hunter2'), text);
  assert.match(shown[3] ?? '', /"zk":"zk:\/\/<redacted>@127/);

  const stranger = new ZooKeeperSession({
    address: parseZooKeeperAddress(`zk://${scene.zookeeper.hosts}/mesos`),
    timeoutMs: 4000,
  });
  t.after(() => stranger.close());
  const [node = ''] = (await stranger.children('/mesos')).filter(name => name.startsWith('json.info_'));
  await assert.rejects(stranger.remove(`/mesos/${node}`), { code: 'ZK_NO_AUTH' });
  await assert.rejects(stranger.create('/mesos/json.info_', Buffer.from('{}'), { sequential: true }), {
    code: 'ZK_NO_AUTH',
  });
  const wrong = new Daemon(
    {
      ...{ kind: 'master', name: 'wrong', directory: scene.directory },
      flags: { zk: `zk://meseta:letmein@${scene.zookeeper.hosts}/mesos`, registry: 'in_memory' },
    },
    await freePort(),
  );
  wrong.spawn();
  assert.equal(await wrong.ended, 'code 1');
  assert.match(wrong.log, /ZooKeeper could not create \/mesos\/json\.info_: .*give the user and password/);
  assert.ok(!wrong.log.includes('letmein'));
});

test('daemons of Apache Mesos and of Meseta find each other: nodes written by hand', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 0, servers: 1 });
  const { directory } = scene;
  const flags = { registry: 'in_memory', work_dir: path.join(directory, 'alone') };
  const alone = await Daemon.start({ kind: 'master', name: 'alone', directory, flags });
  const tool = new ZooKeeperSession({ address: parseZooKeeperAddress(scene.address), timeoutMs: 4000 });
  t.after(() => tool.close());
  await tool.createAll('/mesos/log_replicas');
  const info = `{"address":{"hostname":"127.0.0.1","ip":"127.0.0.1","port":${alone.port}},"capabilities":[{"type":"AGENT_UPDATE"},{"type":"AGENT_DRAINING"},{"type":"QUOTA_V2"}],"hostname":"127.0.0.1","id":"05e9e7d0-6ec0-400c-ae14-17443e062498","ip":16777343,"pid":"master@127.0.0.1:${alone.port}","port":${alone.port},"version":"1.12.0"}`;
  await tool.create('/mesos/json.info_', Buffer.from(info), { ephemeral: true, sequential: true });
  await scene.addAgent();
  await scene.registered(alone);
  const standby = await scene.addMaster('standby');
  await eventually('the redirect', async () => {
    return (await get(standby.origin, '/state')).headers.get('location') === `//${alone.address}/state`;
  });
  await tool.close();
  await scene.leader();
  await scene.registered(standby);
});

test('a master in another region than the leader ends; agents of any region register', needsZooKeeper, async t => {
  const scene = await ElectionScene.start(t, { masters: 0, servers: 1 });
  const domain = (region: string) => `{"fault_domain":{"region":{"name":"${region}"},"zone":{"name":"z"}}}`;
  const first = await scene.addMaster('first', { domain: domain('a') });
  assert.equal(await scene.leader(), first);
  const flags = { zk: scene.address, quorum: 2, work_dir: path.join(scene.directory, 'far'), domain: domain('b') };
  const far = new Daemon({ kind: 'master', name: 'far', directory: scene.directory, flags }, await freePort());
  far.spawn();
  assert.equal(await far.ended, 'code 1');
  assert.match(
    far.log,
    /is in region 'a', and this master in region 'b': all masters of a cluster must be in one region/,
  );
  assert.equal(await scene.leader(), first);
  await scene.addAgent({ domain: domain('b') });
  await scene.registered(first);
});

const refused: [argv: string[], problem: RegExp][] = [
  [['master', '--zk=zk://a:1'], /--zk='zk:\/\/a:1': Expecting a \(chroot\) path for ZooKeeper/],
  [['master', '--zk=zk://user:hunter2@a:b/mesos'], /--zk='zk:\/\/<redacted>@a:b\/mesos': 'a:b' is not a server/],
  [['master', '--zk=zk://hunter2@a:1/mesos'], /Expecting user:password before the '@'/],
  [['master', '--zk=localhost:2181'], /Expecting 'zk:\/\/' at the beginning/],
  [['master', '--zk=file:///does/not/exist'], /cannot read the file '\/does\/not\/exist'/],
  [['master', '--zk=zk://a:1/mesos', '--zk_session_timeout=0secs'], /must be at least 100ms/],
  [['agent', '--master=zk://a:1', '--work_dir=/x'], /Expecting a \(chroot\) path/],
  [['agent', '--master=zk://user:hunter2@a:1//m', '--work_dir=/x'], /'\/\/m' is not a path/],
  [['agents', '--master=zk://a:1'], /Expecting a \(chroot\) path/],
  [['agents', '--master=zk://user:hunter2@a:0/m'], /'a:0' is not a server/],
  [['agents', '--master=file:///does/not/exist'], /Cannot read the address of the master: .*\/does\/not\/exist/],
  [['agents', '--master=127.0.0.1:1,127.0.0.1:2'], /No master leads: .*127\.0\.0\.1:1.*127\.0\.0\.1:2/],
  [['agents', '--master=zk://127.0.0.1:1/mesos'], /No master leads at zk:\/\/127\.0\.0\.1:1\/mesos .*ECONNREFUSED/],
];
for (const [argv, problem] of refused) {
  test(`refuses ${argv.join(' ').replace(/\S*hunter2\S*/, 'an address with a password')}`, async () => {
    const { code, stderr } = await meseta(...argv);
    assert.equal(code, 1);
    assert.match(stderr, problem);
    assert.ok(!stderr.includes('hunter2'));
  });
}
