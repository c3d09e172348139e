/** Elections in a real ZooKeeper, with nodes as masters of Apache Mesos write them. */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { encode, MasterInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { Candidacy } from '../leadership.ts';
import { needsZooKeeper, ZooKeeper } from '../testing/index.ts';
import { parseZooKeeperAddress } from './address.ts';
import { masterElection } from './masters.ts';
import { ZooKeeperSession } from './session.ts';

/** A session that outlasts what a busy machine holds its client and its server up. */
const longMs = 40_000;

let shared: ZooKeeper;
before(async () => {
  if (!needsZooKeeper.skip) shared = await ZooKeeper.start({ tickMs: longMs / 20 });
});
after(() => shared?.close());

/** A master as Apache Mesos 1.12 describes it; see fixtures of the protocol for more of it. */
const infoOf = (port: number): MasterInfo => ({
  id: `05e9e7d0-6ec0-400c-ae14-${port}`,
  ip: 16_777_343,
  port,
  pid: `master@127.0.0.1:${port}`,
  hostname: '127.0.0.1',
  version: '1.12.0',
  address: { hostname: '127.0.0.1', ip: '127.0.0.1', port },
  capabilities: [{ type: 'AGENT_UPDATE' }, { type: 'AGENT_DRAINING' }, { type: 'QUOTA_V2' }],
});

interface Member {
  readonly leaders: (MasterInfo | undefined)[];
  readonly reports: string[];
  /** The port of the leader as it is known now. */
  readonly leader: number | undefined;
  contend(info: MasterInfo): Promise<Candidacy>;
  leave(): void;
}

function join(
  t: TestContext,
  path: string,
  { credentials = '', hosts = shared.hosts, timeoutMs = longMs } = {},
): Member {
  const address = parseZooKeeperAddress(`zk://${credentials}${hosts}${path}`);
  const reports: string[] = [];
  const { contender, detector } = masterElection({
    address,
    timeoutMs,
    report: (_, message) => void reports.push(message),
  });
  const leaders: (MasterInfo | undefined)[] = [];
  const leave = detector.watch(leader => void leaders.push(leader));
  t.after(leave);
  return {
    ...{ leaders, reports, leave },
    get leader() {
      return leaders.at(-1)?.port;
    },
    async contend(info) {
      const candidacy = await contender.contend(info);
      t.after(() => candidacy.withdraw());
      await eventually('the candidacy', () => candidacy.isHeld);
      return candidacy;
    },
  };
}

/** What an operator's tool sees and does. */
function tool(t: TestContext, hosts = shared.hosts): ZooKeeperSession {
  const session = new ZooKeeperSession({ address: parseZooKeeperAddress(`zk://${hosts}/x`), timeoutMs: longMs });
  t.after(() => session.close());
  return session;
}

test('the first candidate leads, and the next one when it leaves', needsZooKeeper, async t => {
  const [one, two, watcher] = [join(t, '/order'), join(t, '/order'), join(t, '/order')];
  const first = await one.contend(infoOf(1));
  await two.contend(infoOf(2));
  for (const each of [one, two, watcher]) await eventually('the first', () => each.leader === 1);
  await first.withdraw();
  await first.withdraw();
  for (const each of [one, two, watcher]) await eventually('the second', () => each.leader === 2);
  assert.equal(first.isHeld, false);
});

test('nodes are those of Apache Mesos', needsZooKeeper, async t => {
  const one = join(t, '/deep/recorded');
  await one.contend(infoOf(15_252));
  const session = tool(t);
  assert.deepEqual(await session.children('/deep/recorded'), ['json.info_0000000000']);
  const { data, stat } = await session.get('/deep/recorded/json.info_0000000000');
  assert.equal(
    data.toString(),
    '{"address":{"hostname":"127.0.0.1","ip":"127.0.0.1","port":15252},"capabilities":[{"type":"AGENT_UPDATE"},{"type":"AGENT_DRAINING"},{"type":"QUOTA_V2"}],"hostname":"127.0.0.1","id":"05e9e7d0-6ec0-400c-ae14-15252","ip":16777343,"pid":"master@127.0.0.1:15252","port":15252,"version":"1.12.0"}',
  );
  assert.notEqual(stat.owner, 0n);
});

const forms: [name: string, label: string, data: () => Uint8Array, port: number][] = [
  ['JSON', 'json.info_', () => Buffer.from(JSON.stringify(infoOf(21))), 21],
  ['a binary MasterInfo', 'info_', () => encode(MasterInfo, infoOf(22)), 22],
  ['a pid', '', () => Buffer.from('master@127.0.0.1:23'), 23],
];
for (const [name, label, data, port] of forms) {
  test(`a leader whose node has ${name} is found, and other nodes are ignored`, needsZooKeeper, async t => {
    const path = `/forms-${port}`;
    const session = tool(t);
    await session.createAll(`${path}/log_replicas`);
    await session.create(`${path}/other_`, Buffer.from('x'), { sequential: true });
    await session.create(`${path}/${label}`, data(), { sequential: true, ephemeral: true });
    const member = join(t, path);
    await member.contend(infoOf(24));
    await eventually('the leader', () => member.leader === port);
    assert.equal(member.leaders.at(-1)?.hostname, '127.0.0.1');
  });
}

test('a detector creates nothing, and finds a leader that comes later', needsZooKeeper, async t => {
  const watcher = join(t, '/later/here');
  const session = tool(t);
  await eventually('its report', () => watcher.leaders.length > 0);
  assert.equal(await session.exists('/later'), undefined);
  await join(t, '/later/here').contend(infoOf(1));
  await eventually('the leader', () => watcher.leader === 1);
});

test('a candidate whose node is removed has lost its candidacy', needsZooKeeper, async t => {
  const one = join(t, '/removed');
  const candidacy = await one.contend(infoOf(1));
  await eventually('the leader', () => one.leader === 1);
  await tool(t).remove('/removed/json.info_0000000000');
  await candidacy.lost;
  assert.equal(candidacy.isHeld, false);
  await eventually('no leader', () => one.leaders.at(-1) === undefined);
  await one.contend(infoOf(2));
  await eventually('the leader', () => one.leader === 2);
});

test('damaged nodes of a leader are reported, and are no leader', needsZooKeeper, async t => {
  const session = tool(t);
  await session.createAll('/damaged');
  const info = JSON.stringify({ ...infoOf(1), id: 'x' });
  const contents = [
    info.replace('master@127.0.0.1:1', 'master@evil/path'),
    info.replace('"ip":"127.0.0.1"', '"ip":"evil/path"'),
    info.replace('"port":1}', '"port":0}'),
    '',
    '{',
    '{"id":"x"}',
    '{"id":"x","ip":1,"port":5050,"hostname":"a b/c"}',
  ];
  const watcher = join(t, '/damaged');
  for (const content of contents) {
    const before = watcher.reports.length;
    const node = await session.create('/damaged/json.info_', Buffer.from(content), {
      sequential: true,
      ephemeral: true,
    });
    await eventually(`a report of ${content}`, () =>
      watcher.reports
        .slice(before)
        .some(report =>
          /Cannot find the leader at zk:.*\/damaged: the node json\.info_\d+ is no candidate: /.test(report),
        ),
    );
    assert.equal(watcher.leader, undefined);
    await session.remove(node);
  }
  await join(t, '/damaged').contend(infoOf(7));
  await eventually('the leader', () => watcher.leader === 7);
});

test('a node that no session holds does not end the lead of a master', needsZooKeeper, async t => {
  const master = join(t, '/leftovers');
  const candidacy = await master.contend(infoOf(3));
  await eventually('the leader', () => master.leader === 3);
  const session = tool(t);
  const other = JSON.stringify(infoOf(4));
  for (const content of ['{', other]) {
    const node = await session.create(`/leftovers/json.info_-00000000${content.length % 9}`, Buffer.from(content));
    await eventually('its report', () =>
      master.reports.some(each => each.startsWith(`Ignored the node ${node}: it is no candidate`)),
    );
  }
  assert.deepEqual(
    master.leaders.filter(each => each !== undefined).map(({ port }) => port),
    [3],
  );
  assert.equal(candidacy.isHeld, true);
  const later = join(t, '/leftovers');
  await eventually('the leader, for one who comes later', () => later.leader === 3);
});

test('a candidate without the credentials of the nodes fails with what to do', needsZooKeeper, async t => {
  const owner = join(t, '/owned', { credentials: 'user:secret@' });
  await owner.contend(infoOf(1));
  const address = parseZooKeeperAddress(`zk://${shared.hosts}/owned`);
  const { contender } = masterElection({ address, timeoutMs: longMs });
  const candidacy = await contender.contend(infoOf(2));
  await assert.rejects(candidacy.lost, {
    code: 'ZK_NO_AUTH',
    message: /create \/owned\/json\.info_: .*user and password/,
  });
  const watcher = join(t, '/owned');
  await eventually('the leader', () => watcher.leader === 1);
});

test('a leader that is cut off has lost its candidacy before others see it', needsZooKeeper, async t => {
  const zookeeper = await ZooKeeper.start();
  t.after(() => zookeeper.close());
  const { hosts } = zookeeper;
  const one = join(t, '/cut', { hosts, timeoutMs: 4000 });
  const candidacy = await one.contend(infoOf(1));
  await eventually('the leader', () => one.leader === 1);
  zookeeper.server(0).stop();
  await candidacy.lost;
  assert.equal(candidacy.isHeld, false);
  assert.equal(one.leader, undefined);
  zookeeper.server(0).continue();
  const again = await one.contend(infoOf(2));
  await eventually('the next leader', () => one.leader === 2);
  assert.ok(again.isHeld);
});

test('candidates and detectors wait for an ensemble that is not there yet', needsZooKeeper, async t => {
  const zookeeper = await ZooKeeper.start();
  t.after(() => zookeeper.close());
  const { hosts } = zookeeper;
  await zookeeper.server(0).kill();
  const one = join(t, '/waiting', { hosts, timeoutMs: 4000 });
  const contending = one.contend(infoOf(1));
  await eventually('a report', () => one.reports.some(report => /No connection.*ECONNREFUSED/.test(report)));
  await zookeeper.server(0).restart();
  await contending;
  await eventually('the leader', () => one.leader === 1);
});
