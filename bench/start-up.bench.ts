import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Benchmark, Effort } from './benchmark.ts';

const root = new URL('..', import.meta.url).pathname;

/** Fastest whole process of several, from spawn to exit, in milliseconds: the rest is other programs' work. */
async function fastest(program: string, args: readonly string[], { quick }: Effort): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < (quick ? 1 : 10); i++) {
    const start = performance.now();
    const [code] = await once(spawn(program, args, { stdio: 'ignore', cwd: root }), 'exit');
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${code}`);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

export default [
  {
    name: 'start-up of meseta --version',
    unit: 'ms',
    better: 'less',
    budget: { ratio: 1.5 },
    note: 'whole process; baseline: node -e 0',
    baseline: effort => fastest(process.execPath, ['-e', '0'], effort),
    measure: effort => fastest(`${root}meseta`, ['--version'], effort),
  },
] satisfies Benchmark[];
