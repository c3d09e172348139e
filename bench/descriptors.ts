import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Sees to it that this process and those it starts may open so many files, which root may raise the limit for.
 *
 * @returns why not; undefined when they may.
 */
export function descriptorProblem(count: number): string | undefined {
  if (limit() < count) spawnSync('prlimit', [`--pid=${process.pid}`, `--nofile=${count}:${count}`]);
  return limit() < count ? `descriptor limit ${limit()}, needs ${count}` : undefined;
}

/** How many must share what one needs, so that `count` get by with as many files as this process may open. */
export function sharing(count: number, each: number): number {
  descriptorProblem(count * each);
  return Math.max(1, Math.ceil((count * each) / limit()));
}

function limit(): number {
  const [, soft] = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
