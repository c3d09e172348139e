/** Sessions with real servers, which are killed, stopped and started again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { needsZooKeeper, ZooKeeper } from '../testing/index.ts';
import { parseZooKeeperAddress } from './address.ts';
import { ZooKeeperError } from './errors.ts';
import { type SessionState, ZooKeeperSession } from './session.ts';

/** Ticks with which a session outlasts what a busy machine holds its client and its server up, and a restart. */
const unhurried = { tickMs: 2000 };
const longMs = 40_000;

let shared: ZooKeeper;
before(async () => {
  if (!needsZooKeeper.skip) shared = await ZooKeeper.start(unhurried);
});
after(() => shared?.close());

interface Opened {
  readonly session: ZooKeeperSession;
  readonly states: SessionState[];
  readonly reports: string[];
}

function open(t: TestContext, hosts: string, timeoutMs = longMs, credentials = ''): Opened {
  const states: SessionState[] = [];
  const reports: string[] = [];
  const address = parseZooKeeperAddress(`zk://${credentials}${hosts}/test`);
  const session = new ZooKeeperSession({ address, timeoutMs, report: (_, message) => void reports.push(message) });
  session.onState(state => void states.push(state));
  t.after(() => session.close());
  return { session, states, reports };
}

const code = (expected: string) => (error: unknown) => error instanceof ZooKeeperError && error.code === expected;
const bytes = (text: string) => Buffer.from(text);

test('nodes are created, read, changed and removed', needsZooKeeper, async t => {
  const { session } = open(t, shared.hosts);
  await session.createAll('/one/two');
  await session.createAll('/one/two');
  assert.equal(await session.create('/one/a', bytes('data')), '/one/a');
  assert.equal(await session.create('/one/n_', bytes(''), { sequential: true }), '/one/n_0000000002');
  const { data, stat } = await session.get('/one/a');
  assert.equal(data.toString(), 'data');
  assert.deepEqual([stat.version, stat.owner, stat.children], [0, 0n, 0]);
  assert.equal((await session.set('/one/a', bytes('more'), 0)).version, 1);
  await assert.rejects(session.set('/one/a', bytes('late'), 0), code('ZK_BAD_VERSION'));
  await assert.rejects(session.create('/one/a', bytes('')), code('ZK_NODE_EXISTS'));
  await assert.rejects(session.create('/none/a', bytes('')), code('ZK_NO_NODE'));
  await assert.rejects(session.remove('/one'), code('ZK_NOT_EMPTY'));
  assert.deepEqual((await session.children('/one')).sort(), ['a', 'n_0000000002', 'two']);
  await session.remove('/one/a', 1);
  assert.equal(await session.exists('/one/a'), undefined);
  await session.sync('/one');
  assert.equal((await session.get('/one/two')).data.length, 0);
});

test('a transaction does all or nothing', needsZooKeeper, async t => {
  const { session } = open(t, shared.hosts);
  await session.createAll('/transactions');
  const results = await session.transaction([
    { type: 'create', path: '/transactions/a', data: bytes('1') },
    { type: 'set', path: '/transactions/a', data: bytes('2'), version: 0 },
    { type: 'check', path: '/transactions' },
    { type: 'remove', path: '/transactions/a', version: 1 },
  ]);
  assert.deepEqual([results[0]?.path, results[1]?.stat?.version, results.length], ['/transactions/a', 1, 4]);
  const failing = session.transaction([
    { type: 'create', path: '/transactions/b', data: bytes('') },
    { type: 'check', path: '/transactions/missing' },
    { type: 'create', path: '/transactions/c', data: bytes('') },
  ]);
  await assert.rejects(failing, { code: 'ZK_NO_NODE', message: /could not check \/transactions\/missing/ });
  assert.deepEqual(await session.children('/transactions'), []);
});

test('watches report one change each', needsZooKeeper, async t => {
  const { session } = open(t, shared.hosts);
  const { session: other } = open(t, shared.hosts);
  await other.createAll('/watched');
  const seen: string[] = [];
  assert.equal(await session.exists('/watched/a', () => seen.push('created')), undefined);
  await session.children('/watched', () => seen.push('children'));
  await other.create('/watched/a', bytes(''));
  await eventually('both', () => seen.length === 2);
  await session.get('/watched/a', () => seen.push('changed'));
  await other.set('/watched/a', bytes('x'));
  await other.set('/watched/a', bytes('y'));
  await session.exists('/watched/a', () => seen.push('removed'));
  await other.remove('/watched/a');
  await eventually('the end', () => seen.length === 4);
  assert.deepEqual(seen.slice().sort(), ['changed', 'children', 'created', 'removed']);
});

test('ephemeral nodes belong to their session and go with it', needsZooKeeper, async t => {
  const { session } = open(t, shared.hosts);
  const { session: other } = open(t, shared.hosts);
  await session.create('/ephemeral', bytes(''), { ephemeral: true });
  assert.equal((await other.exists('/ephemeral'))?.owner, session.id);
  await session.close();
  assert.equal(await other.exists('/ephemeral'), undefined);
  await assert.rejects(session.exists('/'), code('ZK_CLOSED'));
  assert.equal(session.isAlive, false);
});

test('with credentials, others may read nodes and not change them', needsZooKeeper, async t => {
  const { session, reports } = open(t, shared.hosts, longMs, 'user:secret@');
  const { session: same } = open(t, shared.hosts, longMs, 'user:secret@');
  const strangers = [open(t, shared.hosts).session, open(t, shared.hosts, longMs, 'user:other@').session];
  await session.createAll('/private/nodes');
  const acl = await session.acl('/private/nodes');
  assert.deepEqual(
    acl.map(({ permissions, scheme, id }) => [permissions, scheme, id.split(':')[0]]),
    [
      [1, 'world', 'anyone'],
      [31, 'digest', 'user'],
    ],
  );
  await same.create('/private/nodes/a', bytes('data'));
  for (const stranger of strangers) {
    assert.equal((await stranger.get('/private/nodes/a')).data.toString(), 'data');
    await assert.rejects(stranger.create('/private/nodes/b', bytes('')), code('ZK_NO_AUTH'));
    await assert.rejects(stranger.set('/private/nodes/a', bytes('')), code('ZK_NO_AUTH'));
    await assert.rejects(stranger.remove('/private/nodes/a'), code('ZK_NO_AUTH'));
  }
  assert.ok(!reports.some(report => report.includes('secret')));
});

test('what is too large is refused, and the session lives on', needsZooKeeper, async t => {
  const { session, states } = open(t, shared.hosts);
  await assert.rejects(session.create('/large', Buffer.alloc(1 << 20)), code('ZK_TOO_LARGE'));
  await session.create('/large', Buffer.alloc(1_000_000, 'x'));
  assert.equal((await session.get('/large')).data.length, 1_000_000);
  assert.deepEqual(states, ['connected']);
});

test('requests are answered in their order, many at once', needsZooKeeper, async t => {
  const { session } = open(t, shared.hosts);
  await session.createAll('/many');
  const paths = await Promise.all(
    Array.from({ length: 500 }, () => session.create('/many/n', bytes(''), { sequential: true })),
  );
  assert.deepEqual(paths, paths.slice().sort());
  assert.equal((await session.children('/many')).length, 500);
});

test('a server that is killed and started again keeps the session; watches are reported', needsZooKeeper, async t => {
  const zookeeper = await ZooKeeper.start(unhurried);
  t.after(() => zookeeper.close());
  const { session, states } = open(t, zookeeper.hosts);
  await session.create('/mine', bytes(''), { ephemeral: true });
  let fired = 0;
  await session.exists('/mine', () => fired++);
  const { id } = session;
  await zookeeper.server(0).kill();
  await eventually('the loss', () => session.state === 'disconnected');
  assert.equal(session.isAlive, true);
  const waiting = session.exists('/mine');
  await zookeeper.server(0).restart();
  assert.equal((await waiting)?.owner, id);
  assert.equal(session.id, id);
  await eventually('the watch', () => fired === 1);
  assert.deepEqual(states, ['connected', 'disconnected', 'connected']);
});

test('a server that is stopped: the session expires by its own clock, and never before', needsZooKeeper, async t => {
  const zookeeper = await ZooKeeper.start();
  t.after(() => zookeeper.close());
  const { session, states, reports } = open(t, zookeeper.hosts, 4000);
  await session.create('/mine', bytes(''), { ephemeral: true });
  let wasAlive = true;
  session.onState(state => {
    if (state === 'disconnected') wasAlive = session.isAlive;
  });
  zookeeper.server(0).stop();
  const pending = assert.rejects(session.exists('/mine'), ZooKeeperError);
  await eventually('the expiry', () => session.state === 'expired');
  await pending;
  assert.ok(wasAlive);
  assert.equal(session.isAlive, false);
  assert.deepEqual(states, ['connected', 'disconnected', 'expired']);
  assert.match(reports.join('\n'), /does not answer any more.*has expired/s);
  await assert.rejects(session.exists('/mine'), code('ZK_SESSION_EXPIRED'));
  zookeeper.server(0).continue();
  const { session: next } = open(t, zookeeper.hosts, 4000);
  await eventually('the end of the node', async () => (await next.exists('/mine')) === undefined);
});

test('one of three servers is enough to reach an ensemble, and a majority to keep it', needsZooKeeper, async t => {
  const zookeeper = await ZooKeeper.start({ servers: 3, tickMs: 500 });
  t.after(() => zookeeper.close());
  const { session } = open(t, zookeeper.hosts, 10_000); // enough for the rest to find a leader
  await session.create('/mine', bytes(''), { ephemeral: true });
  const { id } = session;
  const ownerOf = async (asked: ZooKeeperSession) => {
    try {
      return (await asked.exists('/mine'))?.owner;
    } catch (error) {
      assert.equal((error as ZooKeeperError).code, 'ZK_CONNECTION_LOSS');
      return 'unknown';
    }
  };
  for (const server of zookeeper.servers) {
    await server.kill();
    await eventually('the node, still', async () => (await ownerOf(session)) === id);
    await server.restart();
  }
  await Promise.all(zookeeper.servers.slice(0, 2).map(server => server.kill()));
  await eventually('the expiry', () => session.state === 'expired');
  await Promise.all(zookeeper.servers.slice(0, 2).map(server => server.restart()));
  const { session: next } = open(t, zookeeper.hosts, 10_000);
  await eventually('the end of the node', async () => (await ownerOf(next)) === undefined);
});

const strangers: [name: string, onConnection: (socket: Socket) => void, problem: RegExp][] = [
  ['says nothing', () => undefined, /opens no session/],
  ['speaks HTTP', socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /no server of ZooKeeper/],
  ['hangs up', socket => socket.destroy(), /closed the connection|ECONNRESET/],
  ['answers half', socket => socket.write(Buffer.from([0, 0, 0, 37, 0, 0])), /opens no session/],
  ['answers too little', socket => socket.write(Buffer.from([0, 0, 0, 2, 0, 0])), /ends too early/],
];
for (const [name, onConnection, problem] of strangers) {
  test(`a server that ${name} is given up in time, with what it did`, async t => {
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      sockets.add(socket.on('error', () => undefined));
      onConnection(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { session, states } = open(t, `127.0.0.1:${(server.address() as AddressInfo).port}`, 600);
    const failed = assert.rejects(session.exists('/'), { code: 'ZK_TIMEOUT', message: /no connection/ });
    await eventually('the problem', () => problem.test(session.problem));
    await failed;
    assert.deepEqual(states, []);
    await session.close();
    assert.deepEqual(states, ['closed']);
  });
}
