/** The store in ZooKeeper, when servers, connections and writers fail. */
import assert from 'node:assert/strict';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@meseta/system/testing';
import type { Storage, Variable } from '../storage.ts';
import { type Cut, CuttingProxy } from '../testing/cutting-proxy.ts';
import { checkHistory, lanes } from '../testing/history.ts';
import { needsZooKeeper, ZooKeeper } from '../testing/index.ts';
import { ZooKeeperWriter } from '../testing/zookeeper-writer.ts';
import { parseZooKeeperAddress, readZooKeeperStore, ZooKeeperSession, zooKeeperEngine } from './index.ts';

const urlOf = (hosts: string, name: string) => `zk://user:password@${hosts}/${name}`;

/** Servers keep their last 500 changes in memory. */
const heapMb = 768;

const optionsOf = (url: string) => ({
  address: parseZooKeeperAddress(url),
  sessionTimeoutMs: 1500,
  openTimeoutMs: 60_000,
  commitTimeoutMs: 60_000,
});

const change = (name: string, text: string, expectedVersion = 0) => ({
  name,
  value: Buffer.from(text),
  expectedVersion,
});

function contents(variables: Iterable<Variable>): Record<string, string> {
  return Object.fromEntries([...variables].map(({ name, value }) => [name, Buffer.from(value).toString()]));
}

async function opened(t: TestContext, url: string, more: object = {}): Promise<Storage> {
  const storage = await zooKeeperEngine({ ...optionsOf(url), ...more }).openTerm();
  t.after(() => storage.close());
  return storage;
}

/** How a writer ends that another has followed. */
const fenced = /^ended STORAGE_FENCED: Another term of this store has begun/;

const read = async (url: string) => (await readZooKeeperStore(optionsOf(url))) ?? [];

/** Lists the nodes below a store, without those that are always there. */
async function nodesOf(url: string): Promise<Record<string, string[]>> {
  const address = parseZooKeeperAddress(url);
  const session = new ZooKeeperSession({ address, timeoutMs: 4000 });
  try {
    const names = ['log', 'snapshots', 'chunks'];
    const lists = await Promise.all(names.map(name => session.children(`${address.path}/${name}`)));
    return Object.fromEntries(names.map((name, index) => [name, lists[index] ?? []]));
  } finally {
    await session.close();
  }
}

async function removeStore(url: string): Promise<void> {
  const address = parseZooKeeperAddress(url);
  const session = new ZooKeeperSession({ address, timeoutMs: 4000 });
  for (const [name, children] of Object.entries(await nodesOf(url))) {
    for (const child of children) await session.remove(`${address.path}/${name}/${child}`);
  }
  await session.close();
}

suite('one server', needsZooKeeper, () => {
  let zookeeper: ZooKeeper;
  before(async () => {
    zookeeper = await ZooKeeper.start({ heapMb });
  });
  after(() => zookeeper.close());

  test('a writer that ends at any step of a large commit leaves all of it or nothing, and no garbage', async t => {
    // The transactions of a writer: making the nodes, three chunks and a record for a large commit, snapshots, removals.
    for (let step = 1; step <= 22; step++) {
      const url = urlOf(zookeeper.hosts, `steps-${step}`);
      const writer = new ZooKeeperWriter(url, 'first', `${step % 3 === 0 ? 'after' : 'before'} ${step}`);
      t.after(() => writer.kill());
      await writer.ended();
      const storage = await zooKeeperEngine(optionsOf(url)).openTerm();
      checkHistory((await storage.load()).values(), writer.acknowledged);
      await eventually('no chunks that nothing names', async () => {
        const { chunks = [] } = await nodesOf(url);
        const large = [...(await storage.load()).keys()].filter(name => name.endsWith('large'));
        return chunks.length <= 3 * large.length;
      });
      await storage.close();
      await removeStore(url);
    }
  });

  test('a frozen writer that wakes up after another has written gets no further', async t => {
    const url = urlOf(zookeeper.hosts, 'frozen');
    const first = new ZooKeeperWriter(url, 'first');
    t.after(() => first.kill());
    await eventually('commits', () => first.acknowledged.length > 20);
    first.stop();
    const second = new ZooKeeperWriter(url, 'second');
    t.after(() => second.kill());
    await eventually('commits of the second', () => second.acknowledged.length > 20);
    first.continue();
    await first.ended();
    assert.match(`${first.lastWords}`, fenced);
    await second.kill();
    checkHistory(await read(url), [...first.acknowledged, ...second.acknowledged]);
  });

  for (const cut of ['request', 'answer', 'late'] satisfies Cut[]) {
    test(`a commit whose ${cut === 'late' ? 'request arrives late' : `${cut} is lost`} is done once`, async t => {
      const proxy = await CuttingProxy.start(zookeeper.server(0).ports.client);
      t.after(() => proxy.close());
      const url = urlOf(proxy.host, `cut-${cut}`);
      const storage = await opened(t, url, { limits: { records: 4, bytes: 10_000_000 } });
      const versions = new Set<number>();
      let version = 0;
      for (let i = 0; i < 6; i++) {
        proxy.next = cut;
        version = (await storage.commit([change('a', `${i}`, version), change(`b${i}`, `${i}`)])).get('a') ?? 0;
        versions.add(version);
        assert.equal(contents((await storage.load()).values()).a, `${i}`);
      }
      assert.equal(versions.size, 6);
      await storage.commit([change('large', 'x'.repeat(1_200_000))]);
      await delay(300); // requests that are late still come
      await storage.close();
      const again = await opened(t, urlOf(zookeeper.hosts, `cut-${cut}`));
      const all = contents((await again.load()).values());
      assert.equal(all.a, '5');
      assert.equal(Object.keys(all).length, 8);
      assert.equal((await again.get(['a'])).get('a')?.version, version);
    });
  }

  test('it goes on after its session has ended', async t => {
    const url = urlOf(zookeeper.hosts, 'expired');
    const storage = await opened(t, url);
    const first = await storage.commit([change('a', '1')]);
    const server = zookeeper.server(0);
    server.stop();
    const committed = storage.commit([change('a', '2', first.get('a'))]);
    await delay(2500); // longer than a session lives
    server.continue();
    const second = await committed;
    await storage.commit([change('a', '3', second.get('a'))]);
    assert.deepEqual(contents((await storage.load()).values()), { a: '3' });
  });

  test('without an answer it gives up in time, says why, and writes no more', async t => {
    const url = urlOf(zookeeper.hosts, 'silent');
    const storage = await opened(t, url, { commitTimeoutMs: 3000 });
    await storage.commit([change('a', '1')]);
    zookeeper.server(0).stop();
    t.after(() => zookeeper.server(0).continue());
    await assert.rejects(storage.commit([change('b', '1')]), {
      code: 'STORAGE_FENCED',
      message: /^ZooKeeper at zk:\/\/127\.0\.0\.1:\d+\/silent did not answer within 3 seconds.* unknown$/,
    });
    zookeeper.server(0).continue();
    await assert.rejects(storage.load(), { code: 'STORAGE_FENCED' });
    const again = await opened(t, url);
    assert.equal(contents((await again.load()).values()).a, '1');
  });

  test('opening gives up in time, too', async t => {
    zookeeper.server(0).stop();
    t.after(() => zookeeper.server(0).continue());
    const engine = zooKeeperEngine({ ...optionsOf(urlOf(zookeeper.hosts, 'unopened')), openTimeoutMs: 700 });
    await assert.rejects(engine.openTerm(), {
      code: 'STORAGE_UNAVAILABLE',
      message: /^Could not open the store at zk:\/\/127\.0\.0\.1:\d+\/unopened: ZooKeeper did not answer within 700 ms/,
    });
  });

  test('snapshots keep it small, and no more is left of old ones', async t => {
    const url = urlOf(zookeeper.hosts, 'snapshots');
    const storage = await opened(t, url, { limits: { records: 10, bytes: 1_000_000 } });
    let version = 0;
    for (let i = 0; i < 95; i++) version = (await storage.commit([change('a', `${i}`, version)])).get('a') ?? 0;
    await storage.commit([change('b', 'x'.repeat(2_000_000))]);
    await eventually('few nodes', async () => {
      const { log = [], snapshots = [], chunks = [] } = await nodesOf(url);
      return log.length <= 10 && snapshots.length === 1 && chunks.length <= 5;
    });
    await storage.close();
    const again = await opened(t, url);
    const { a, b } = contents((await again.load()).values());
    assert.deepEqual([a, b?.length], ['94', 2_000_000]);
    assert.equal((await again.get(['a'])).get('a')?.version, version);
  });

  test('a copy can be read while it is written', async t => {
    const url = urlOf(zookeeper.hosts, 'read');
    const writer = new ZooKeeperWriter(url, 'only');
    t.after(() => writer.kill());
    await eventually('commits', () => writer.acknowledged.length > 0);
    for (let i = 0; i < 20; i++) {
      const before = [...writer.acknowledged];
      checkHistory(await read(url), before);
    }
    assert.equal(writer.lastWords, undefined);
  });

  test("other users may not read it, nor write, nor open it; what is another program's is left alone", async t => {
    const url = urlOf(zookeeper.hosts, 'private');
    const storage = await opened(t, url);
    await storage.commit([change('a', '1')]);
    for (const other of [url.replace('password', 'wrong'), url.replace('user:password@', '')]) {
      const engine = zooKeeperEngine(optionsOf(other));
      await assert.rejects(engine.openTerm(), { code: 'STORAGE_UNAVAILABLE', message: /access list/ });
    }
    await storage.commit([change('b', '1')]);

    const session = new ZooKeeperSession({ address: parseZooKeeperAddress(url), timeoutMs: 4000 });
    t.after(() => session.close());
    await session.create('/foreign', Buffer.from('hello'));
    const engine = zooKeeperEngine(optionsOf(urlOf(zookeeper.hosts, 'foreign')));
    await assert.rejects(engine.openTerm(), { code: 'STORAGE_INCOMPATIBLE' });
    assert.equal((await session.get('/foreign')).data.toString(), 'hello');
  });

  test('a damaged or missing node is found, and named', async t => {
    const url = urlOf(zookeeper.hosts, 'damaged');
    const storage = await opened(t, url);
    await storage.commit([change('a', '1')]);
    await storage.commit([change('b', '2')]);
    await storage.close();
    const session = new ZooKeeperSession({ address: parseZooKeeperAddress(url), timeoutMs: 4000 });
    t.after(() => session.close());
    const first = '/damaged/log/0000000000000001';
    const { data } = await session.get(first);
    await session.set(first, Buffer.concat([data.subarray(0, -1), Buffer.from('x')]));
    await assert.rejects(opened(t, url), { code: 'STORAGE_CORRUPT', message: /'\/damaged\/log\/0000000000000001'/ });
    await session.remove(first);
    await assert.rejects(opened(t, url), { code: 'STORAGE_CORRUPT', message: /'\/damaged\/log\/0000000000000002'/ });
    await session.remove('/damaged/term');
    await assert.rejects(opened(t, url), {
      code: 'STORAGE_CORRUPT',
      message: /A part of the store is missing: .*'?\/damaged\/term.*; restore the store from a copy/,
    });
    await session.set('/damaged', Buffer.from('{"store":"meseta","format":2}'));
    await assert.rejects(opened(t, url), { code: 'STORAGE_INCOMPATIBLE', message: /newer version/ });
  });

  test('nodes that an operator removes end the term', async t => {
    const url = urlOf(zookeeper.hosts, 'removed');
    const storage = await opened(t, url);
    const session = new ZooKeeperSession({ address: parseZooKeeperAddress(url), timeoutMs: 4000 });
    t.after(() => session.close());
    await session.remove('/removed/term');
    await assert.rejects(storage.commit([change('a', '1')]), { code: 'STORAGE_FENCED', message: /was removed/ });
  });

  test('none is made where none is to be made', async () => {
    const options = { ...optionsOf(urlOf(zookeeper.hosts, 'never')), initialize: false };
    await assert.rejects(zooKeeperEngine(options).openTerm(), {
      code: 'STORAGE_UNAVAILABLE',
      message: /There is no store at '\/never' in ZooKeeper/,
    });
  });
});

suite('an ensemble of three', needsZooKeeper, () => {
  let zookeeper: ZooKeeper;
  before(async () => {
    zookeeper = await ZooKeeper.start({ servers: 3, heapMb });
  });
  after(() => zookeeper.close());

  test('without a majority nothing is acknowledged, and nothing acknowledged is lost', async t => {
    const url = urlOf(zookeeper.hosts, 'minority');
    const storage = await opened(t, url, { commitTimeoutMs: 10_000 });
    await storage.commit([change('a', '1')]);
    await zookeeper.server(0).kill();
    await zookeeper.server(1).kill();
    await assert.rejects(storage.commit([change('b', '1')]), { code: 'STORAGE_FENCED' });
    zookeeper.server(0).spawn();
    zookeeper.server(1).spawn();
    await zookeeper.serves();
    const again = await opened(t, url);
    assert.equal(contents((await again.load()).values()).a, '1');
    await again.commit([change('c', '1')]);
  });

  test('commits go on while one server after another is killed', async t => {
    const url = urlOf(zookeeper.hosts, 'rolling');
    const storage = await opened(t, url);
    let version = 0;
    for (const server of zookeeper.servers) {
      await server.kill();
      for (let i = 0; i < 5; i++) version = (await storage.commit([change('a', `${i}`, version)])).get('a') ?? 0;
      await server.restart();
    }
  });

  test('random histories: writers and servers are killed and frozen, and the history stays whole', async t => {
    const url = urlOf(zookeeper.hosts, 'random');
    const random = seededRandom(Number(process.env.SEED ?? 1), t);
    const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T;
    const writers: ZooKeeperWriter[] = [];
    t.after(() => Promise.all(writers.map(writer => writer.kill())));
    const begin = () => {
      const writer = new ZooKeeperWriter(url, `w${writers.length}`);
      writers.push(writer);
      return writer;
    };
    const done: number[] = [];
    let latest = begin();
    const acknowledged = () => writers.flatMap(each => each.acknowledged);
    const progress = async () => {
      const goal = acknowledged().length + 5;
      const states = () =>
        writers.map(each => `${each.name}: ${each.lastWords ?? each.acknowledged.length}`).join(', ');
      await eventually(
        () => `progress of ${states()} after ${done.join(', ')}`,
        () => {
          if (writers.every(each => each.hasEnded)) latest = begin();
          return acknowledged().length >= goal;
        },
      );
    };
    const faults: (() => Promise<void>)[] = [
      async () => {
        await latest.kill();
        latest = begin();
      },
      async () => {
        latest = begin(); // beside the one before, which is not told
      },
      async () => {
        const frozen = latest;
        frozen.stop();
        latest = begin();
        await delay(random() * 2000);
        frozen.continue();
      },
      async () => {
        const server = pick(zookeeper.servers);
        await server.kill();
        await delay(random() * 1000);
        await server.restart();
      },
      async () => {
        const server = await zookeeper.leader();
        server.stop();
        await delay(random() * 3000);
        server.continue();
      },
      async () => {
        const [first, second] = zookeeper.servers;
        await first?.kill();
        await second?.kill();
        await delay(random() * 1000);
        first?.spawn();
        await second?.restart();
      },
    ];
    for (let round = 0; round < 14; round++) {
      await progress();
      const fault = pick(faults);
      done.push(faults.indexOf(fault));
      await fault();
    }
    await progress();
    await Promise.all(writers.map(writer => writer.kill()));
    for (const server of zookeeper.servers) if (!server.running) await server.restart();
    await zookeeper.serves();
    checkHistory(await read(url), acknowledged());
    const ends = new Set(writers.map(({ lastWords }) => lastWords));
    for (const end of ends) if (end !== undefined) assert.match(end, fenced);
    assert.ok(lanes.length > 0 && acknowledged().length > 50);
  });
});

/** Returns numbers from 0 to 1 that are the same for the same seed, which is reported. */
function seededRandom(seed: number, t: TestContext): () => number {
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
