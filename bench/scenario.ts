import type { Benchmark, Effort } from './benchmark.ts';

/** A line that shows one number of a scenario's results. */
export interface Row<R> extends Omit<Benchmark, 'measure' | 'baseline' | 'rounds'> {
  value(results: R): number;
  base?(results: R): number;
}

/**
 * Lines of the table that come from the same runs: each round is run once, by the line that asks first.
 *
 * @param rounds of a run that is no quick one.
 */
export function scenario<R>(rounds: number, run: (effort: Effort) => Promise<R>, rows: readonly Row<R>[]): Benchmark[] {
  const results: Promise<R>[] = [];
  return rows.map(({ value, base, ...row }) => {
    let measured = 0;
    const round = (number: number, effort: Effort) => {
      results[number] ??= run(effort);
      return results[number];
    };
    return {
      ...row,
      rounds,
      measure: async effort => value(await round(measured++, effort)),
      ...(base && { baseline: async (effort: Effort) => base(await round(measured, effort)) }),
    };
  });
}
