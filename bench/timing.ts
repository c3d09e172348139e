import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds that work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Of an odd number of values, the middle one. */
export const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The median of some measurements, one after another. */
export async function repeated(count: number, work: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(await work());
  return median(values);
}

/** Runs a program to its end. @returns its exit code and signal. */
export const spawned = (file: string, args: readonly string[] = []) =>
  once(spawn(file, args, { stdio: 'ignore' }), 'exit');

/** How many of so many things a second were done. */
export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (count / (performance.now() - start)) * 1000;
}
