/** What every engine must do. A new engine is one more line in `engines`. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import {
  type Change,
  memoryEngine,
  type Storage,
  type StorageEngine,
  sqliteEngine,
  VersionConflictError,
} from './index.ts';
import { needsZooKeeper, ZooKeeper } from './testing/index.ts';
import { parseZooKeeperAddress, zooKeeperEngine } from './zookeeper/index.ts';

interface Engine {
  readonly name: string;
  /** A server that the tests need. */
  readonly server?: { readonly need: { skip: string | false }; start(): Promise<void>; stop(): Promise<void> };
  /** The same store for the same directory, where it outlives the process. */
  make(directory: string): StorageEngine;
  /** Bytes of the largest batch. */
  readonly batchBytes: number;
  /** Takes away the right to write; absent where nothing can. */
  fence?(directory: string): void | Promise<void>;
  /** Absent where nothing outlives the process. */
  readonly durable?: true;
}

let zookeeper: ZooKeeper | undefined;

const zooKeeperAt = (directory: string) =>
  zooKeeperEngine({
    address: parseZooKeeperAddress(`zk://user:password@${zookeeper?.hosts}/contract/${basename(directory)}`),
    sessionTimeoutMs: 4000,
    openTimeoutMs: 30_000,
    commitTimeoutMs: 30_000,
  });

const engines: Engine[] = [
  { name: 'memory', make: memoryEngine, batchBytes: Number.POSITIVE_INFINITY },
  {
    name: 'sqlite',
    make: directory => sqliteEngine(join(directory, 'store.db')),
    batchBytes: 1_000_000_000,
    fence: directory => renameSync(join(directory, 'store.db'), join(directory, 'other.db')),
    durable: true,
  },
  {
    name: 'zookeeper',
    server: {
      need: needsZooKeeper,
      start: async () => {
        zookeeper = await ZooKeeper.start({ heapMb: 768 });
      },
      stop: async () => zookeeper?.close(),
    },
    make: zooKeeperAt,
    batchBytes: 100_000_000,
    // As another process does it.
    fence: async directory => (await zooKeeperAt(directory).openTerm()).close(),
    durable: true,
  },
];

const bytes = (text: string) => new TextEncoder().encode(text);
const set = (name: string, text: string, expectedVersion = 0): Change => ({
  name,
  value: bytes(text),
  expectedVersion,
});
const remove = (name: string, expectedVersion: number): Change => ({ name, value: undefined, expectedVersion });

async function contents(storage: Storage): Promise<Record<string, string>> {
  const variables = [...(await storage.load()).values()];
  return Object.fromEntries(variables.map(({ name, value }) => [name, new TextDecoder().decode(value)]));
}

async function versionOf(storage: Storage, name: string): Promise<number> {
  return (await storage.get([name])).get(name)?.version ?? 0;
}

for (const engine of engines) {
  suite(`storage contract: ${engine.name}`, engine.server?.need ?? {}, () => {
    if (engine.server) {
      before(engine.server.start);
      after(engine.server.stop);
    }

    async function opened(context: TestContext): Promise<[Storage, string]> {
      const directory = mkdtempSync(join(tmpdir(), 'storage-'));
      const storage = await engine.make(directory).openTerm();
      context.after(async () => {
        await storage.close();
        rmSync(directory, { recursive: true });
      });
      return [storage, directory];
    }

    test('a new store is empty', async context => {
      const [storage] = await opened(context);
      assert.equal((await storage.load()).size, 0);
      assert.equal((await storage.get(['a'])).size, 0);
      assert.equal((await storage.commit([])).size, 0);
    });

    test('sets, replaces and removes; the versions are those that get tells', async context => {
      const [storage] = await opened(context);
      const first = await storage.commit([set('a', '1'), set('b', '2'), set('empty', '')]);
      assert.deepEqual(await contents(storage), { a: '1', b: '2', empty: '' });
      for (const [name, version] of first) assert.equal(await versionOf(storage, name), version);

      const second = await storage.commit([set('a', '3', first.get('a')), remove('b', first.get('b') ?? 0)]);
      assert.deepEqual(await contents(storage), { a: '3', empty: '' });
      assert.ok((second.get('a') ?? 0) > (first.get('a') ?? 0));
      assert.equal(second.get('b'), 0);
    });

    test('get finds only what is asked for', async context => {
      const [storage] = await opened(context);
      await storage.commit([set('a', '1'), set('b', '2')]);
      assert.deepEqual([...(await storage.get(['b', 'c'])).keys()], ['b']);
    });

    test('a version is not used again after a removal', async context => {
      const [storage] = await opened(context);
      const first = (await storage.commit([set('a', '1')])).get('a') ?? 0;
      await storage.commit([remove('a', first)]);
      const second = (await storage.commit([set('a', '2')])).get('a') ?? 0;
      assert.notEqual(second, first);
      await assert.rejects(storage.commit([set('a', '3', first)]), VersionConflictError);
    });

    test('a conflict names the versions and writes nothing of its batch', async context => {
      const [storage] = await opened(context);
      const version = (await storage.commit([set('a', '1')])).get('a') ?? 0;
      await assert.rejects(storage.commit([set('b', '2'), set('a', '2'), remove('c', 7)]), {
        code: 'STORAGE_CONFLICT',
        conflicts: [
          { name: 'a', expectedVersion: 0, version },
          { name: 'c', expectedVersion: 7, version: 0 },
        ],
      });
      assert.deepEqual(await contents(storage), { a: '1' });
    });

    test('a conflict fails only its own batch of those called together', async context => {
      const [storage] = await opened(context);
      const results = await Promise.allSettled([
        storage.commit([set('a', '1')]),
        storage.commit([set('a', 'stale'), set('b', 'stale')]),
        storage.commit([set('c', '3')]),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(await contents(storage), { a: '1', c: '3' });
    });

    test('of many writers of one version exactly one wins', async context => {
      const [storage] = await opened(context);
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => storage.commit([set('a', `${i}`)])),
      );
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.deepEqual(await contents(storage), { a: '0' });
    });

    test('a read sees the commits called before it', async context => {
      const [storage] = await opened(context);
      const [, after] = await Promise.all([storage.commit([set('a', '1')]), contents(storage)]);
      assert.deepEqual(after, { a: '1' });
    });

    test('refuses a batch that names a variable twice', async context => {
      const [storage] = await opened(context);
      await assert.rejects(storage.commit([set('a', '1'), set('a', '2')]), { code: 'STORAGE_INVALID' });
    });

    test('buffers belong to their owners', async context => {
      const [storage] = await opened(context);
      const value = Buffer.from('before');
      const committed = storage.commit([{ name: 'a', value, expectedVersion: 0 }]);
      value.fill('x');
      await committed;
      (await storage.get(['a'])).get('a')?.value.fill(0);
      assert.deepEqual(await contents(storage), { a: 'before' });
    });

    test('keeps large values and odd names', async context => {
      const [storage] = await opened(context);
      const large = new Uint8Array(3_000_000).map((_, i) => i * 31);
      await storage.commit([{ name: "ä'\n/..", value: large, expectedVersion: 0 }]);
      assert.deepEqual((await storage.load()).get("ä'\n/..")?.value, large);
    });

    test('close waits for the commits under way and refuses later calls', async context => {
      const [storage, directory] = await opened(context);
      const committed = storage.commit([set('a', '1')]);
      const closed = Promise.all([storage.close(), storage.close()]);
      await assert.rejects(storage.commit([set('b', '1')]), { code: 'STORAGE_CLOSED' });
      assert.equal((await committed).size, 1);
      await closed;
      await assert.rejects(storage.load(), { code: 'STORAGE_CLOSED' });
      if (!engine.durable) return;
      const reopened = await engine.make(directory).openTerm();
      assert.deepEqual(await contents(reopened), { a: '1' });
      await reopened.close();
    });

    if (engine.durable) {
      test('versions survive reopening and go on from there', async context => {
        const [storage, directory] = await opened(context);
        const first = (await storage.commit([set('a', '1'), set('gone', '1')])).get('a') ?? 0;
        const last = (await storage.commit([remove('gone', first), set('b', '1')])).get('b') ?? 0;
        await storage.close();
        const reopened = await engine.make(directory).openTerm();
        assert.equal(await versionOf(reopened, 'a'), first);
        assert.ok(((await reopened.commit([set('gone', '2')])).get('gone') ?? 0) > last);
        await reopened.close();
      });
    }

    suite('terms', () => {
      async function twoTerms(context: TestContext) {
        const directory = mkdtempSync(join(tmpdir(), 'storage-'));
        const store = engine.make(directory);
        const first = await store.openTerm();
        const terms = { store, first, takeOver: () => store.openTerm() };
        context.after(async () => {
          await (await store.openTerm()).close();
          rmSync(directory, { recursive: true });
        });
        return terms;
      }

      test('a new one finds what the one before wrote, which may write no more, read or not', async context => {
        const { first, takeOver } = await twoTerms(context);
        const version = (await first.commit([set('seen', '1')])).get('seen');
        const second = await takeOver();
        assert.deepEqual(await contents(second), { seen: '1' });
        const calls = [
          () => first.commit([set('seen', '2', version)]),
          () => first.commit([set('never read', '1')]),
          () => first.commit([]),
          () => first.get(['seen']),
          () => first.load(),
        ];
        for (const call of calls) await assert.rejects(call, { code: 'STORAGE_FENCED' });
        await second.commit([set('seen', '3', version)]);
        await assert.rejects(first.load(), { code: 'STORAGE_FENCED' });
        assert.deepEqual(await contents(second), { seen: '3' });
        await first.close();
        assert.deepEqual(await contents(second), { seen: '3' });
      });

      test('what is under way when another begins is written before it begins, or never', async context => {
        const { first, takeOver } = await twoTerms(context);
        const names = Array.from({ length: 100 }, (_, i) => `v${i}`);
        const under = Promise.allSettled(names.map(name => first.commit([set(name, '1')])));
        const second = await takeOver();
        const found = Object.keys(await contents(second));
        const settled = await under;
        const acknowledged = names.filter((_, i) => settled[i]?.status === 'fulfilled');
        assert.deepEqual(
          acknowledged.filter(name => !found.includes(name)),
          [],
        );
        for (const each of settled) if (each.status === 'rejected') assert.equal(each.reason.code, 'STORAGE_FENCED');
        assert.deepEqual(Object.keys(await contents(second)), found);
      });

      test('of several opened at once the last one writes', async context => {
        const { store } = await twoTerms(context);
        const terms = await Promise.all([store.openTerm(), store.openTerm(), store.openTerm()]);
        const results = await Promise.allSettled(terms.map((term, i) => term.commit([set('a', `${i}`)])));
        assert.deepEqual(
          results.map(({ status }) => status),
          ['rejected', 'rejected', 'fulfilled'],
        );
      });
    });

    test('says how large a batch may be, and refuses a larger one whole', async context => {
      const directory = mkdtempSync(join(tmpdir(), 'storage-'));
      context.after(() => rmSync(directory, { recursive: true }));
      const store = engine.make(directory);
      assert.equal(store.limits.batchBytes, engine.batchBytes);
      if (engine.batchBytes === Number.POSITIVE_INFINITY) return;
      const storage = await store.openTerm();
      const large = { name: 'large', value: new Uint8Array(engine.batchBytes), expectedVersion: 0 };
      await assert.rejects(storage.commit([set('small', '1'), large]), { code: 'STORAGE_INVALID' });
      assert.deepEqual(await contents(storage), {});
      await storage.commit([set('small', '1')]);
      await storage.close();
    });

    const { fence } = engine;
    if (fence) {
      test('a fenced writer gets an error, then and later', async context => {
        const [storage, directory] = await opened(context);
        await storage.commit([set('a', '1')]);
        await fence(directory);
        await assert.rejects(storage.commit([set('b', '1')]), { code: 'STORAGE_FENCED' });
        await assert.rejects(storage.commit([set('c', '1')]), { code: 'STORAGE_FENCED' });
        await assert.rejects(storage.load(), { code: 'STORAGE_FENCED' });
      });
    }
  });
}
