/** The registry in ZooKeeper: what one master has stored, the next one knows. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { SimulatedAgent } from '@meseta/master/testing';
import { needsZooKeeper, ZooKeeper } from '@meseta/storage/testing';
import { parseZooKeeperAddress, ZooKeeperSession } from '@meseta/storage/zookeeper';
import { eventually } from '@meseta/system/testing';
import { Daemon, type Flags, freePort } from './support/daemon.ts';
import { meseta } from './support/meseta.ts';

interface Scene {
  readonly zookeeper: ZooKeeper;
  readonly directory: string;
  /** The address of the cluster. */
  readonly zk: string;
  /** A master that is not started. */
  master(name: string, flags?: Flags): Promise<Daemon>;
}

/** Long enough for a busy machine, on which a leader must not lose the lead. ZooKeeper grants 2 to 20 ticks. */
const zk_session_timeout = '3secs';

async function scene(t: TestContext, servers: 1 | 3 = 1, tickMs = 200): Promise<Scene> {
  const zookeeper = await ZooKeeper.start({ servers, tickMs });
  const directory = mkdtempSync(path.join(tmpdir(), 'registry-'));
  const daemons: Daemon[] = [];
  t.after(async () => {
    await Promise.all(daemons.map(daemon => daemon.kill()));
    await zookeeper.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const zk = `zk://meseta:secret@${zookeeper.hosts}/mesos`;
  return {
    zookeeper,
    directory,
    zk,
    async master(name, flags = {}) {
      const all = { zk, quorum: 1, zk_session_timeout, work_dir: path.join(directory, name), ...flags };
      const daemon = new Daemon({ kind: 'master', name, directory, flags: all }, await freePort());
      daemons.push(daemon);
      return daemon;
    },
  };
}

async function call(master: Daemon, body: object): Promise<void> {
  const answer = await fetch(`${master.origin}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
}

/** 200 of a leader, 307 of a standby, which is not followed: the leader may be frozen. */
async function statusOf(master: Daemon): Promise<number | undefined> {
  return (await fetch(`${master.origin}/state`, { redirect: 'manual' }).catch(() => undefined))?.status;
}

/** The registry without the leading master. */
async function registryOf(master: Daemon): Promise<Record<string, unknown>> {
  const { master: leader, ...rest } = (await (await fetch(`${master.origin}/registrar(1)/registry`)).json()) as Record<
    string,
    unknown
  >;
  assert.ok(leader);
  return sorted(rest) as Record<string, unknown>;
}

/** The order of agents is that in which they came, or were read; that of their fields, too. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, each]) => [name, sorted(each)] as const);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Stores something of every kind. @returns ids of agents. */
async function fill(t: TestContext, master: Daemon): Promise<{ admitted: string[]; gone: string }> {
  const agents = await Promise.all(
    Array.from({ length: 30 }, () => SimulatedAgent.start({ master: master.address, hostname: '127.0.0.1' })),
  );
  t.after(() => Promise.all(agents.map(agent => agent.stop())));
  const ids = await Promise.all(agents.map(agent => agent.register()));
  const [gone = '', drained = '', ...admitted] = ids;
  await call(master, { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: gone } } });
  await call(master, { type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: drained } } });
  await call(master, {
    type: 'UPDATE_WEIGHTS',
    update_weights: { weight_infos: [{ role: 'web', weight: 2.5 }] },
  });
  await call(master, {
    type: 'UPDATE_QUOTA',
    update_quota: { force: true, quota_configs: [{ role: 'batch', limits: { cpus: { value: 7 } } }] },
  });
  const machine = { hostname: 'down.example', ip: '10.0.0.9' };
  const unavailability = { start: { nanoseconds: 1_000_000_000 } };
  await call(master, {
    type: 'UPDATE_MAINTENANCE_SCHEDULE',
    update_maintenance_schedule: { schedule: { windows: [{ machine_ids: [machine], unavailability }] } },
  });
  await call(master, { type: 'START_MAINTENANCE', start_maintenance: { machines: [machine] } });
  await eventually('an agent that is drained', async () =>
    JSON.stringify(await registryOf(master)).includes('DRAINED'),
  );
  return { admitted, gone };
}

test('after kill -9 of the leader, the next master leads with the same registry', needsZooKeeper, async t => {
  const { master } = await scene(t, 3);
  const first = await master('first');
  await first.start();
  const { admitted, gone } = await fill(t, first);
  const before = await registryOf(first);
  const second = await master('second');
  second.spawn();
  await eventually('a standby', async () => (await statusOf(second)) === 307);
  await first.kill();
  await eventually('the second to lead', async () => (await statusOf(second)) === 200);
  assert.deepEqual(await registryOf(second), before);
  const state = (await (await fetch(`${second.origin}/state`)).json()) as { recovered_slaves: { id: string }[] };
  const recovered = state.recovered_slaves.map(({ id }) => id);
  assert.ok(admitted.every(id => recovered.includes(id)) && !recovered.includes(gone));
  // It writes, too, and the first comes back as a standby.
  const agent = await SimulatedAgent.start({ master: second.address, hostname: '127.0.0.1' });
  t.after(() => agent.stop());
  assert.ok(await agent.register());
  first.spawn();
  await eventually('a standby again', async () => (await statusOf(first)) === 307);
});

test('every agent that was told that it is admitted is known to the next master', needsZooKeeper, async t => {
  const { master } = await scene(t);
  const first = await master('first');
  await first.start();
  const second = await master('second');
  second.spawn();
  const agents = await Promise.all(
    Array.from({ length: 400 }, () => SimulatedAgent.start({ master: first.address, hostname: '127.0.0.1' })),
  );
  t.after(() => Promise.all(agents.map(agent => agent.stop())));
  for (const agent of agents) void agent.register();
  const admitted = () => agents.flatMap(({ id }) => id ?? []);
  await eventually('some agents', () => admitted().length > 0);
  await first.kill();
  await eventually('the second to lead', async () => (await statusOf(second)) === 200);
  const state = (await (await fetch(`${second.origin}/state`)).json()) as { recovered_slaves: { id: string }[] };
  const recovered = new Set(state.recovered_slaves.map(({ id }) => id));
  assert.deepEqual(
    admitted().filter(id => !recovered.has(id)),
    [],
  );
});

test('a frozen leader that wakes up admits nobody', needsZooKeeper, async t => {
  const { master } = await scene(t);
  const first = await master('first');
  await first.start();
  const agent = await SimulatedAgent.start({ master: first.address, hostname: '127.0.0.1' });
  t.after(() => agent.stop());
  await agent.register();
  await first.kill('SIGSTOP');
  const second = await master('second');
  second.spawn();
  await eventually('the second to lead', async () => (await statusOf(second)) === 200);
  const before = await registryOf(second);
  const late = await SimulatedAgent.start({ master: first.address, hostname: '127.0.0.1' });
  t.after(() => late.stop());
  void late.register();
  await first.kill('SIGCONT');
  assert.equal(await first.ended, 'code 1');
  assert.equal(late.id, undefined);
  assert.deepEqual(await registryOf(second), before);
});

test('a store that takes too long ends the master with a sentence', needsZooKeeper, async t => {
  const { zookeeper, master } = await scene(t, 1, 1000);
  // The session outlives the store's time-out, else the lead is lost first.
  const first = await master('first', { registry_store_timeout: '3secs', zk_session_timeout: '20secs' });
  await first.start();
  const agent = await SimulatedAgent.start({ master: first.address, hostname: '127.0.0.1' });
  t.after(() => agent.stop());
  zookeeper.server(0).stop();
  void agent.register();
  assert.equal(await first.ended, 'code 1');
  assert.match(first.log, /Failed to update the registry: ZooKeeper at zk:\S+ did not answer within 3 seconds/);
  assert.equal(first.log.includes('secret'), false);
});

test('reading that takes too long ends the master with a sentence', needsZooKeeper, async t => {
  const { master, zk } = await scene(t);
  const first = await master('first', { registry_fetch_timeout: '0ns' });
  first.spawn();
  assert.equal(await first.ended, 'code 1');
  assert.match(first.log, /Could not open the store at zk:\S+\/mesos\/registry: ZooKeeper did not answer within 0 ms/);
  assert.equal(first.log.includes(zk), false);
});

test('flags that Mesos needs or refuses', needsZooKeeper, async t => {
  const { master, directory } = await scene(t);
  const refused: [Flags, RegExp][] = [
    [{ log_auto_initialize: false }, /There is no store at '\/mesos\/registry' in ZooKeeper/],
    [{ quorum: 0 }, /--quorum='0': /],
    [{ registry_strict: true }, /Support for '--registry_strict' has been disabled/],
    [{ registry: 'etcd' }, /--registry='etcd'/],
  ];
  for (const [flags, words] of refused) {
    const daemon = await master('refused', flags);
    daemon.spawn();
    assert.equal(await daemon.ended, 'code 1');
    assert.match(daemon.log, words);
  }
  const without = await meseta('master', '--zk=zk://127.0.0.1:1/mesos', `--work_dir=${directory}/without`);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /Need to specify --quorum for replicated log based registry when using ZooKeeper/);
  const accepted = await master('accepted', { registry: 'log_storage', log_auto_initialize: true });
  await accepted.start();
  await accepted.kill('SIGTERM');
  const again = await master('accepted', { log_auto_initialize: false });
  await again.start();
});

test('the nodes of the registry are private to those with the password', needsZooKeeper, async t => {
  const { master, zk } = await scene(t);
  const first = await master('first');
  await first.start();
  const { path: root, servers } = parseZooKeeperAddress(zk);
  const session = new ZooKeeperSession({ address: { servers, path: root }, timeoutMs: 2000 });
  t.after(() => session.close());
  for (const node of ['registry', 'registry/term', 'registry/log/0000000000000001']) {
    await assert.rejects(session.get(`${root}/${node}`), { code: 'ZK_NO_AUTH' });
    await assert.rejects(session.set(`${root}/${node}`, Buffer.from('x')), { code: 'ZK_NO_AUTH' });
    assert.deepEqual(await session.acl(`${root}/${node}`).catch(error => error.code), 'ZK_NO_AUTH');
  }
  await assert.rejects(session.create(`${root}/registry/log/x`, Buffer.from('x')), { code: 'ZK_NO_AUTH' });
});

test('a registry moves from a file to ZooKeeper and back', needsZooKeeper, async t => {
  const { master, directory, zk } = await scene(t);
  const address = path.join(directory, 'zk');
  writeFileSync(address, `${zk}\n`);
  const file = path.join(directory, 'alone/registry.db');
  const alone = new Daemon(
    { kind: 'master', name: 'alone', directory, flags: { work_dir: path.dirname(file) } },
    await freePort(),
  );
  t.after(() => alone.kill());
  await alone.start();
  await fill(t, alone);
  const before = await registryOf(alone);

  const copy = (from: string, to: string) => meseta('registry', 'copy', from, to);
  const locked = await copy(file, zk);
  assert.equal(locked.code, 1);
  assert.match(locked.stderr, /^meseta registry copy: .*in use by another process/);
  await alone.kill('SIGTERM');
  const copied = await copy(file, `file://${address}`);
  assert.match(copied.stdout, /^Copied the registry: \d+ variables, \d+ bytes$/m, copied.stderr);

  const first = await master('first', { log_auto_initialize: false, work_dir: path.dirname(file) });
  await first.start();
  assert.deepEqual(await registryOf(first), before);
  assert.match(first.log, /The registry below --work_dir is not used: with --zk it is in ZooKeeper/);

  // While it runs.
  const backup = path.join(directory, 'backup.db');
  assert.equal((await copy(zk, backup)).code, 0);
  for (const [from, to, words] of [
    [file, zk, /There is a registry in 'zk:\/\/127\.0\.0\.1:\d+\/mesos' already; it is not overwritten/],
    [zk, backup, /There is a registry in '\S+backup.db' already/],
    [path.join(directory, 'none.db'), zk, /There is no registry in '\S+none.db': no such file/],
    [`${zk}/other`, path.join(directory, 'new.db'), /There is no registry in 'zk:\S+\/mesos\/other'/],
    ['zk://', backup, /Expecting a server/],
    [directory, path.join(directory, 'new.db'), /not a regular file/],
  ] as const) {
    const refused = await copy(from, to);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, words);
    assert.equal(refused.stderr.includes('secret'), false);
  }
  assert.equal(existsSync(path.join(directory, 'new.db')), false);
  assert.equal((await meseta('registry', 'copy', zk)).code, 2);
  assert.equal((await fetch(`${first.origin}/state`)).status, 200, 'the leader goes on');

  const back = new Daemon(
    { kind: 'master', name: 'back', directory, flags: { work_dir: path.join(directory, 'back') } },
    await freePort(),
  );
  t.after(() => back.kill());
  assert.equal((await copy(backup, path.join(directory, 'back/registry.db'))).code, 0);
  await back.start({ log_auto_initialize: false });
  assert.deepEqual(await registryOf(back), before);
});

test(
  'when ZooKeeper has lost a part of the registry no master leads, until a backup is copied back',
  needsZooKeeper,
  async t => {
    const { master, directory, zk } = await scene(t);
    const first = await master('first');
    await first.start();
    await fill(t, first);
    const before = await registryOf(first);
    const backup = path.join(directory, 'backup.db');
    assert.equal((await meseta('registry', 'copy', zk, backup)).code, 0);
    await call(first, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'web', weight: 7 }] } });
    await call(first, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'web', weight: 8 }] } });
    await first.kill();

    const session = new ZooKeeperSession({ address: parseZooKeeperAddress(zk), timeoutMs: 2000 });
    t.after(() => session.close());
    const lost = (await session.children('/mesos/registry/log')).sort().at(-2);
    await session.remove(`/mesos/registry/log/${lost}`);
    for (const name of ['first', 'second']) {
      const refusing = await master(name);
      refusing.spawn();
      assert.equal(await refusing.ended, 'code 1');
      assert.match(
        refusing.log,
        /ZooKeeper has lost data: what was stored before node '\/mesos\/registry\/log\/\d+' is missing \(revisions \d+ to \d+\); restore the store from a copy/,
      );
    }
    const salvaged = await meseta('registry', 'copy', zk, path.join(directory, 'other.db'));
    assert.equal(salvaged.code, 1);
    assert.match(salvaged.stderr, /ZooKeeper has lost data/);

    await removeAll(session, '/mesos/registry');
    assert.equal((await meseta('registry', 'copy', backup, zk)).code, 0);
    const third = await master('third');
    await third.start();
    assert.deepEqual(await registryOf(third), before);
  },
);

async function removeAll(session: ZooKeeperSession, node: string): Promise<void> {
  for (const child of await session.children(node)) await removeAll(session, `${node}/${child}`);
  await session.remove(node);
}

test(
  'when ZooKeeper has lost the newest changes no master leads that has seen them, until an operator decides',
  needsZooKeeper,
  async t => {
    const { master, directory, zk } = await scene(t);
    const first = await master('first');
    await first.start();
    const setWeight = (weight: number) =>
      call(first, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'web', weight }] } });
    await setWeight(1);
    const before = await registryOf(first);
    const second = await master('second');
    second.spawn();
    await eventually('a standby', async () => (await statusOf(second)) === 307);
    const session = new ZooKeeperSession({ address: parseZooKeeperAddress(zk), timeoutMs: 2000 });
    t.after(() => session.close());
    const records = async () => (await session.children('/mesos/registry/log')).sort();
    const kept = await records();
    await setWeight(2);
    await setWeight(3);
    const seen = Number((await records()).at(-1));
    for (const name of ['first', 'second']) {
      const file = path.join(directory, name, 'registry.revision');
      const known = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).revision : 0);
      await eventually(`the revision that the ${name} knows`, () => known() === seen);
    }
    await Promise.all([first.kill(), second.kill()]);
    for (const name of await records()) if (!kept.includes(name)) await session.remove(`/mesos/registry/log/${name}`);

    for (const refusing of [second, first]) {
      refusing.spawn();
      assert.equal(await refusing.ended, 'code 1');
      assert.match(
        refusing.log,
        /ZooKeeper has lost data: its registry ends with revision \d+, and this machine has seen revision \d+ \(\S+registry\.revision\); copy the registry/,
      );
    }
    const copy = path.join(directory, 'rest.db');
    assert.equal((await meseta('registry', 'copy', zk, copy)).code, 0);
    await removeAll(session, '/mesos/registry');
    assert.equal((await meseta('registry', 'copy', copy, zk)).code, 0);
    await second.start();
    assert.deepEqual(await registryOf(second), before);
  },
);
