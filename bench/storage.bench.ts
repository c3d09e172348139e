import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Storage, sqliteEngine } from '@meseta/storage';
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
] satisfies Benchmark[];
