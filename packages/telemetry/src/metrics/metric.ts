/** The kinds of metrics. */

/** A number that only increases. */
export class Counter {
  readonly name: string;
  #value = 0;

  constructor(name: string) {
    this.name = name;
  }

  get value(): number {
    return this.#value;
  }

  /** Adds to the counter. Fast enough for frequent use. */
  increment(by = 1): void {
    this.#value += by;
  }
}

/**
 * One reading of all metrics, which may take several turns of the event loop. Gauges that share a computation do it once
 * in each reading.
 */
export type Reading = object;

/** Computes the value of a gauge. */
export type ReadGauge = (reading: Reading) => number;

/** A number that is set, or computed when it is read. */
export class Gauge {
  readonly name: string;
  #read: ReadGauge;

  /** @param read computes the value when metrics are read; it must be fast. When it throws, the gauge is left out. */
  constructor(name: string, read: ReadGauge = () => 0) {
    this.name = name;
    this.#read = read;
  }

  /** The value now, as in a reading of its own. */
  get value(): number {
    return this.#read({});
  }

  /** Returns the value in a reading. */
  valueIn(reading: Reading): number {
    return this.#read(reading);
  }

  set(value: number): void {
    this.#read = () => value;
  }
}

/** Statistics of a timer's samples, in milliseconds. */
export interface TimerStatistics {
  readonly min: number;
  readonly max: number;
  /** Percentiles by Mesos's names, `p50` to `p9999`. */
  readonly percentiles: Readonly<Record<string, number>>;
}

const percentiles: readonly (readonly [name: string, fraction: number])[] = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
  ['p9999', 0.9999],
];

/** Computes a percentile by linear interpolation, as Mesos does. */
function percentile(sorted: Float64Array, fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? 0;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (position - below);
}

/** Measures durations. The statistics cover the last thousand samples. */
export class Timer {
  static readonly window = 1000;

  /** The name, which ends in `_ms`. */
  readonly name: string;
  readonly #samples = new Float64Array(Timer.window);
  #count = 0;
  #sum = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The number of all samples. */
  get count(): number {
    return this.#count;
  }

  /** The sum of all samples, in milliseconds. */
  get sum(): number {
    return this.#sum;
  }

  /** The last sample; undefined before the first. */
  get last(): number | undefined {
    return this.#count === 0 ? undefined : this.#samples[(this.#count - 1) % Timer.window];
  }

  record(milliseconds: number): void {
    this.#samples[this.#count % Timer.window] = milliseconds;
    this.#count++;
    this.#sum += milliseconds;
  }

  /** Starts a measurement. The function it returns ends it. */
  start(): () => void {
    const begin = performance.now();
    return () => this.record(performance.now() - begin);
  }

  /** Measures until the promise resolves or rejects. */
  async time<T>(work: () => Promise<T>): Promise<T> {
    const stop = this.start();
    try {
      return await work();
    } finally {
      stop();
    }
  }

  /** Returns the statistics; undefined for fewer than two samples, as in Mesos. */
  statistics(): TimerStatistics | undefined {
    if (this.#count < 2) return undefined;
    const sorted = this.#samples.slice(0, Math.min(this.#count, Timer.window)).sort();
    return {
      min: sorted[0] ?? 0,
      max: sorted.at(-1) ?? 0,
      percentiles: Object.fromEntries(percentiles.map(([name, fraction]) => [name, percentile(sorted, fraction)])),
    };
  }
}

/** A timer that is a histogram in Prometheus, where it can be added up over machines. */
export class Histogram extends Timer {
  /** The upper bounds of the buckets, in milliseconds. */
  static readonly bounds: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];
  readonly #counts = new Array<number>(Histogram.bounds.length).fill(0);

  override record(milliseconds: number): void {
    super.record(milliseconds);
    const { bounds } = Histogram;
    for (let i = bounds.length - 1; i >= 0 && milliseconds <= bounds[i]!; i--) this.#counts[i]!++;
  }

  /** Returns the number of all samples up to each bound. */
  buckets(): readonly (readonly [bound: number, count: number])[] {
    return Histogram.bounds.map((bound, index) => [bound, this.#counts[index]!] as const);
  }
}

/** A metric of any kind. */
export type Metric = Counter | Gauge | Timer;

/** Returns the value of a counter or gauge; undefined when a gauge's function throws. */
export function readValue(metric: Counter | Gauge, reading: Reading): number | undefined {
  try {
    return metric instanceof Gauge ? metric.valueIn(reading) : metric.value;
  } catch {
    return undefined; // a gauge that cannot be computed is left out, as in Mesos
  }
}
