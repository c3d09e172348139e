/** The kinds of metrics. */

/** A number that only grows. */
export class Counter {
  readonly name: string;
  #value = 0;

  constructor(name: string) {
    this.name = name;
  }

  get value(): number {
    return this.#value;
  }

  /** Cheap: for hot paths. */
  increment(by = 1): void {
    this.#value += by;
  }
}

/** A number that is set, or computed when it is looked at. */
export class Gauge {
  readonly name: string;
  #read: () => number;

  /** @param read computes the value when metrics are read; must be cheap. What it throws leaves the gauge out. */
  constructor(name: string, read: () => number = () => 0) {
    this.name = name;
    this.#read = read;
  }

  get value(): number {
    return this.#read();
  }

  set(value: number): void {
    this.#read = () => value;
  }
}

/** What is known of a timer's samples. Times in milliseconds. */
export interface TimerStatistics {
  readonly min: number;
  readonly max: number;
  /** By Mesos's names, `p50` to `p9999`. */
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

/** Linear between the two samples a percentile falls between, as Mesos computes it. */
function percentile(sorted: Float64Array, fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? 0;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (position - below);
}

/** Durations of something that happens again and again. Statistics are over the last thousand. */
export class Timer {
  static readonly window = 1000;

  /** Ends in `_ms`. */
  readonly name: string;
  readonly #samples = new Float64Array(Timer.window);
  #count = 0;
  #sum = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** How many there ever were. */
  get count(): number {
    return this.#count;
  }

  /** Of all there ever were, in milliseconds. */
  get sum(): number {
    return this.#sum;
  }

  /** The last one; undefined before the first. */
  get last(): number | undefined {
    return this.#count === 0 ? undefined : this.#samples[(this.#count - 1) % Timer.window];
  }

  record(milliseconds: number): void {
    this.#samples[this.#count % Timer.window] = milliseconds;
    this.#count++;
    this.#sum += milliseconds;
  }

  /** Starts a measurement; the function it returns ends it. */
  start(): () => void {
    const begin = performance.now();
    return () => this.record(performance.now() - begin);
  }

  /** Measures until the promise settles, either way. */
  async time<T>(work: () => Promise<T>): Promise<T> {
    const stop = this.start();
    try {
      return await work();
    } finally {
      stop();
    }
  }

  /** Undefined below two samples, as in Mesos. */
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

/** A timer that Prometheus sees as a histogram: one that can be summed over machines. */
export class Histogram extends Timer {
  /** Upper bounds of the buckets, in milliseconds. */
  static readonly bounds: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];
  readonly #counts = new Array<number>(Histogram.bounds.length).fill(0);

  override record(milliseconds: number): void {
    super.record(milliseconds);
    const { bounds } = Histogram;
    for (let i = bounds.length - 1; i >= 0 && milliseconds <= bounds[i]!; i--) this.#counts[i]!++;
  }

  /** How many samples there ever were up to each bound. */
  buckets(): readonly (readonly [bound: number, count: number])[] {
    return Histogram.bounds.map((bound, index) => [bound, this.#counts[index]!] as const);
  }
}

/** Any of them. */
export type Metric = Counter | Gauge | Timer;

/** A counter's or gauge's value; undefined when a gauge's function throws. */
export function readValue(metric: Counter | Gauge): number | undefined {
  try {
    return metric.value;
  } catch {
    return undefined; // a gauge over something that is gone; it is left out, as a failed gauge of Mesos is
  }
}
