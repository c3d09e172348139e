import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Storage, sqliteEngine } from '@meseta/storage';
import { needsZooKeeper, ZooKeeper } from '@meseta/storage/testing';
import { parseZooKeeperAddress, zooKeeperEngine } from '@meseta/storage/zookeeper';
import { bareChanges } from './bare-zookeeper.ts';
import type { Benchmark } from './benchmark.ts';
import { eventLoopDelay } from './event-loop.ts';

const value = new Uint8Array(500).fill(1);

async function withStorage<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const storage = await sqliteEngine(join(directory, 'store.db')).openTerm();
    try {
      return await work(storage);
    } finally {
      await storage.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Commits `count` new versions of one variable each, by writers that wait for each of their commits. */
async function write(storage: Storage, writers: number, count: number): Promise<void> {
  async function writer(name: string): Promise<void> {
    let version = 0;
    for (let i = 0; i < count / writers; i++) {
      version = (await storage.commit([{ name, value, expectedVersion: version }])).get(name) ?? 0;
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, index) => writer(`variable ${index}`)));
}

function commitsPerSecond(writers: number, count: number): Promise<number> {
  return withStorage(async storage => {
    const start = performance.now();
    await write(storage, writers, count);
    return (count / (performance.now() - start)) * 1000;
  });
}

let zookeeper: Promise<ZooKeeper> | undefined;
let places = 0;

/** A place of its own in one server for all measurements, which has the machine's disk to sync to as SQLite has. */
async function zooKeeperAddress() {
  zookeeper ??= ZooKeeper.start({ heapMb: 512, tickMs: 2000 });
  return parseZooKeeperAddress(`zk://${(await zookeeper).hosts}/bench-${++places}`);
}

const closeZooKeeper = async () => {
  const server = await zookeeper;
  zookeeper = undefined;
  await server?.close();
};

const withoutZooKeeper = () => needsZooKeeper.skip || undefined;

async function withZooKeeper<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
  const limits = { sessionTimeoutMs: 10_000, openTimeoutMs: 60_000, commitTimeoutMs: 60_000 };
  const storage = await zooKeeperEngine({ address: await zooKeeperAddress(), ...limits }).openTerm();
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/** Bare changes of nodes in a place of their own. @returns milliseconds. */
const bareSets = async (nodes: number, count: number, bytes = value) =>
  bareChanges(await zooKeeperAddress(), nodes, count, bytes);

const stormAgents = 10_000;
const agentBytes = 700;
/** How many operations the registrar stores at once. */
const storedAtOnce = 512;
const storms = Math.ceil(stormAgents / storedAtOnce);

/** Stores 10,000 new agents as the registrar does when all register at once. @returns ms and the requests to ZooKeeper. */
function storm(): Promise<{ ms: number; requests: number }> {
  return withZooKeeper(async storage => {
    const agent = new Uint8Array(agentBytes).fill(1);
    const before = await received();
    const start = performance.now();
    for (let first = 0; first < stormAgents; first += storedAtOnce) {
      const count = Math.min(storedAtOnce, stormAgents - first);
      const names = Array.from({ length: count }, (_, index) => `agents/${first + index}`);
      await storage.commit(names.map(name => ({ name, value: agent, expectedVersion: 0 })));
    }
    return { ms: performance.now() - start, requests: (await received()) - before };
  });
}

/** How many packets the server has received from clients. */
async function received(): Promise<number> {
  const answer = await (await zookeeper)?.server(0).ask('mntr');
  return Number(/^zk_packets_received\t(\d+)$/m.exec(answer ?? '')?.[1]);
}

export default [
  {
    name: 'storage commits, 100 writers',
    unit: '1/s',
    better: 'more',
    note: '500 bytes, durable; baseline: one writer, so one transaction and fsync a commit',
    baseline: ({ quick }) => commitsPerSecond(1, quick ? 20 : 200),
    measure: ({ quick }) => commitsPerSecond(100, quick ? 500 : 10_000),
  },
  {
    name: 'storage commits, event-loop delay p99',
    unit: 'ms',
    better: 'less',
    budget: { value: 50 },
    note: 'in the process that commits, 100 writers',
    measure: ({ quick }) =>
      withStorage(async storage => (await eventLoopDelay(() => write(storage, 100, quick ? 500 : 10_000))).p99Ms),
  },
  {
    name: 'storage in ZooKeeper: a commit, one writer',
    unit: 'ms',
    better: 'less',
    budget: { ratio: 2 },
    note: '500 bytes, durable; baseline: a bare change of a node of 500 bytes',
    notRun: withoutZooKeeper,
    close: closeZooKeeper,
    baseline: async ({ quick }) => (await bareSets(1, quick ? 20 : 500)) / (quick ? 20 : 500),
    measure: ({ quick }) =>
      withZooKeeper(async storage => {
        const count = quick ? 20 : 500;
        const start = performance.now();
        await write(storage, 1, count);
        return (performance.now() - start) / count;
      }),
  },
  {
    name: 'storage in ZooKeeper: commits, 100 writers',
    unit: '1/s',
    better: 'more',
    budget: { ratio: 1 },
    note: '500 bytes, durable; baseline: bare changes of 100 nodes, each when its last one is answered',
    notRun: withoutZooKeeper,
    close: closeZooKeeper,
    baseline: async ({ quick }) => {
      const count = quick ? 500 : 10_000;
      return (count / (await bareSets(100, count))) * 1000;
    },
    measure: ({ quick }) =>
      withZooKeeper(async storage => {
        const count = quick ? 500 : 10_000;
        const start = performance.now();
        await write(storage, 100, count);
        return (count / (performance.now() - start)) * 1000;
      }),
  },
  {
    name: 'storage in ZooKeeper: 10,000 agents register',
    unit: 'ms',
    better: 'less',
    budget: { ratio: 4 },
    note: `700 bytes each, ${storedAtOnce} at once; baseline: as many bare changes of a node of as many bytes`,
    notRun: withoutZooKeeper,
    close: closeZooKeeper,
    baseline: () => bareSets(1, storms, new Uint8Array(storedAtOnce * agentBytes)),
    measure: async () => (await storm()).ms,
  },
  {
    name: 'storage in ZooKeeper: requests while 10,000 agents register',
    unit: 'requests',
    better: 'less',
    budget: { value: 60 },
    rounds: 1,
    note: `${storms} groups, and what a snapshot takes; other clients' heartbeats count`,
    notRun: withoutZooKeeper,
    close: closeZooKeeper,
    measure: async () => (await storm()).requests,
  },
] satisfies Benchmark[];
