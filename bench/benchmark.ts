/**
 * One line of the table. A file `bench/<name>.bench.ts` exports a list of them as default; `main.ts` finds the file.
 */
export interface Benchmark {
  readonly name: string;
  /** Of what both functions return: `ms`, `MiB`, `1/s`. */
  readonly unit: string;
  readonly better: 'less' | 'more';
  /** What the measured value must reach, as a number in `unit` or as a multiple of the baseline. */
  readonly budget?: { readonly value: number } | { readonly ratio: number };
  /** How often it is measured when there is time; default 5. */
  readonly rounds?: number;
  /** How long it may take when it is no brief one; default 5. */
  readonly minutes?: number;
  /** What the baseline is, and what a reader of the number must know. */
  readonly note: string | (() => string);
  /** Why it is not run: what the machine lacks, or that there is no brief form of it. Undefined when it is. */
  notRun?(effort: Effort): string | undefined;
  /** The same work by other means, in the same run; absent where there is nothing to compare with. */
  baseline?(effort: Effort): Promise<number>;
  measure(effort: Effort): Promise<number>;
  /** Runs once after the last measurement. */
  close?(): Promise<void>;
}

/** How much work to put into one measurement. */
export interface Effort {
  /** Only to see whether it runs at all (`--quick`). */
  readonly quick: boolean;
}

export interface Result {
  readonly name: string;
  readonly unit: string;
  /** Undefined when it was not run. */
  readonly measured: number | undefined;
  readonly baseline: number | undefined;
  /** Measured by baseline. */
  readonly ratio: number | undefined;
  readonly budget: string;
  readonly within: boolean | undefined;
  readonly note: string;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Measures in alternation with the baseline, so that both see the same machine, and takes the medians. */
export async function perform(benchmark: Benchmark, effort: Effort): Promise<Result> {
  const { name, unit } = benchmark;
  const reason = benchmark.notRun?.(effort);
  if (reason !== undefined) return { ...unmeasured, name, unit, note: `not run: ${reason}` };
  const measured: number[] = [];
  const baselines: number[] = [];
  const rounds = effort.quick ? 1 : (benchmark.rounds ?? 5);
  try {
    for (let round = 0; round < rounds; round++) {
      if (benchmark.baseline) baselines.push(await benchmark.baseline(effort));
      measured.push(await benchmark.measure(effort));
    }
  } finally {
    await benchmark.close?.();
  }
  const value = median(measured);
  const baseline = baselines.length > 0 ? median(baselines) : undefined;
  const ratio = baseline === undefined ? undefined : value / baseline;
  return { name, unit, measured: value, baseline, ratio, ...judge(benchmark, value, ratio), note: noteOf(benchmark) };
}

const unmeasured = { measured: undefined, baseline: undefined, ratio: undefined, budget: '', within: undefined };

const noteOf = ({ note }: Benchmark) => (typeof note === 'string' ? note : note());

function judge({ budget, better, unit }: Benchmark, value: number, ratio: number | undefined) {
  if (!budget) return { budget: '', within: undefined };
  const sign = better === 'less' ? '<' : '≥';
  const [limit, actual] = 'value' in budget ? [budget.value, value] : [budget.ratio, ratio];
  const text = 'value' in budget ? `${sign} ${limit} ${unit}` : `${sign} ${limit} ×`;
  if (actual === undefined) throw new Error('a budget by ratio needs a baseline');
  return { budget: text, within: better === 'less' ? actual < limit : actual >= limit };
}
