/** The store in ZooKeeper, when operators change servers and nodes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Storage } from '../storage.ts';
import { needsZooKeeper, ZooKeeper } from '../testing/index.ts';
import { parseZooKeeperAddress, zooKeeperEngine } from './index.ts';

const engineOf = (url: string) =>
  zooKeeperEngine({
    address: parseZooKeeperAddress(url),
    sessionTimeoutMs: 2000,
    openTimeoutMs: 60_000,
    commitTimeoutMs: 60_000,
  });

async function opened(t: TestContext, url: string): Promise<Storage> {
  const storage = await engineOf(url).openTerm();
  t.after(() => storage.close());
  return storage;
}

const change = (name: string, bytes: number) => ({ name, value: Buffer.alloc(bytes, name), expectedVersion: 0 });

test(
  'servers with a lowered jute.maxbuffer: what is too large for them is refused with that as the reason',
  needsZooKeeper,
  async t => {
    const zookeeper = await ZooKeeper.start({ properties: ['jute.maxbuffer=65536'] });
    t.after(() => zookeeper.close());
    const url = `zk://${zookeeper.hosts}/mesos`;
    const storage = await opened(t, url);
    await storage.commit([change('small', 30_000)]);
    await assert.rejects(storage.commit([change('large', 300_000)]), {
      code: 'STORAGE_FENCED',
      message:
        /^The store at zk:\S+ refuses to write: ZooKeeper closes the connection at requests of 300\d\d\d bytes, .* jute\.maxbuffer .* at its default, 1048575, or above/,
    });
    // Nothing of it was stored, and the next master can go on.
    const next = await opened(t, url);
    assert.deepEqual([...(await next.load()).keys()], ['small']);
    await next.commit([change('other', 30_000)]);
  },
);

test('a server that is killed at a large request is not taken for one with a low limit', needsZooKeeper, async t => {
  const zookeeper = await ZooKeeper.start();
  t.after(() => zookeeper.close());
  const storage = await opened(t, `zk://${zookeeper.hosts}/mesos`);
  for (const name of ['a', 'b', 'c', 'd']) {
    zookeeper.server(0).stop();
    const stored = storage.commit([change(name, 400_000)]);
    await zookeeper.server(0).kill();
    await zookeeper.server(0).restart();
    await stored;
  }
  assert.equal((await storage.load()).size, 4);
});

/** Runs a command of ZooKeeper's own shell. */
const shell = (zookeeper: ZooKeeper, ...command: string[]) =>
  promisify(execFile)('java', [
    ...['-cp', '/etc/zookeeper/conf:/usr/share/java/zookeeper.jar'],
    ...['org.apache.zookeeper.ZooKeeperMain', '-server', zookeeper.hosts, ...command],
  ]);

test(
  'nodes whose access list somebody has replaced end the term, and are named with what to do',
  needsZooKeeper,
  async t => {
    const zookeeper = await ZooKeeper.start();
    t.after(() => zookeeper.close());
    const url = `zk://${zookeeper.hosts}/mesos`;
    const expected = /\/mesos\/log.*: the node's access list does not allow it: .*setAcl of zkCli\.sh/;
    const storage = await opened(t, url);
    await storage.commit([change('before', 10)]);
    await shell(zookeeper, 'setAcl', '/mesos/log', 'world:anyone:ra');
    await assert.rejects(storage.commit([change('a', 10)]), { code: 'STORAGE_FENCED', message: expected });

    // The next master may read, and not write.
    const next = await opened(t, url);
    await assert.rejects(next.commit([change('a', 10)]), { code: 'STORAGE_FENCED', message: expected });
    await shell(zookeeper, 'setAcl', '/mesos/log', 'digest:other:AAAAAAAAAAAAAAAAAAAAAAAAAAA=:cdrwa');
    await assert.rejects(engineOf(url).openTerm(), { code: 'STORAGE_UNAVAILABLE', message: expected });
  },
);
