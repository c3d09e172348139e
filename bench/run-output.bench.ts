import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Benchmark, Effort } from './benchmark.ts';

const root = new URL('..', import.meta.url).pathname;
let directory: string | undefined;
const sizeOf = ({ quick }: Effort) => (quick ? 30_000_000 : 300_000_000);

/** Megabytes a second that a program writes to a pipe, from its first byte to its last. */
async function rate(program: string, argv: readonly string[], expected: number): Promise<number> {
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'ignore'], cwd: root });
  let bytes = 0;
  let first = 0;
  let last = 0;
  child.stdout.on('data', (piece: Buffer) => {
    last = performance.now();
    first ||= last;
    bytes += piece.length;
  });
  await once(child, 'close');
  if (bytes !== expected) throw new Error(`${program} wrote ${bytes} bytes, expected ${expected}`);
  return bytes / 1e3 / Math.max(1, last - first);
}

/** The file that a task with this output leaves. */
function zeros(effort: Effort): string {
  directory ??= mkdtempSync(path.join(tmpdir(), 'run-output-'));
  const file = path.join(directory, 'zeros');
  writeFileSync(file, '');
  truncateSync(file, sizeOf(effort));
  return file;
}

export default [
  {
    name: 'output of a task through meseta run',
    unit: 'MB/s',
    better: 'more',
    budget: { value: 250 },
    rounds: 3,
    note: 'zeros, from first byte to last, while the task writes them; baseline: cat of a file with the same to a pipe',
    baseline: effort => rate('cat', [zeros(effort)], sizeOf(effort)),
    measure: effort => rate(`${root}meseta`, ['run', '-q', `head -c ${sizeOf(effort)} /dev/zero`], sizeOf(effort)),
    close: async () => {
      if (directory !== undefined) rmSync(directory, { recursive: true });
    },
  },
] satisfies Benchmark[];
