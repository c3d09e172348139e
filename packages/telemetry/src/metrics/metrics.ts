/** The registry behind `/metrics/snapshot`, GET_METRICS and `/metrics/prometheus`. */
import { Counter, Gauge, Histogram, type Metric, type ReadGauge, type Reading, readValue, Timer } from './metric.ts';
import { prometheusText } from './prometheus.ts';

/** What is computed a step at a time before the metrics are read. */
export type Preparation = (reading: Reading) => Iterable<unknown>;

/** Metrics by Mesos's names (`master/tasks_running`). */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();
  readonly #preparations = new Set<Preparation>();
  #sorted: readonly string[] = [];
  #added: string[] = [];

  /** Returns the counter of that name, and creates it when there is none. */
  counter(name: string): Counter {
    const known = this.#metrics.get(name);
    return known instanceof Counter ? known : this.#get(name, Counter, () => new Counter(name));
  }

  /**
   * Returns the gauge of that name, and creates it when there is none.
   *
   * @param read computes its value whenever metrics are read; without it, the gauge has the value of `set`, at first 0.
   * @throws {TypeError} when a computed gauge of that name exists, because two owners of one name are a mistake.
   */
  gauge(name: string, read?: ReadGauge): Gauge {
    if (read && this.#metrics.has(name)) throw new TypeError(`Metric '${name}' was already added`);
    return this.#get(name, Gauge, () => new Gauge(name, read));
  }

  /** Returns the timer of that name, and creates it when there is none. */
  timer(name: string): Timer {
    return this.#get(name, Timer, () => new Timer(name));
  }

  /** Returns the histogram of that name, a timer with buckets, and creates it when there is none. */
  histogram(name: string): Histogram {
    return this.#get(name, Histogram, () => new Histogram(name));
  }

  /** Removes one metric. An unknown name is no error. */
  remove(name: string): void {
    this.#metrics.delete(name);
  }

  /** Removes all metrics whose names have the prefix (`master/frameworks/<name>/<id>/`). Examines every metric. */
  removeAll(prefix: string): void {
    for (const name of this.#metrics.keys()) if (name.startsWith(prefix)) this.#metrics.delete(name);
  }

  /** Computes something at the beginning of each reading, for gauges that cannot be fast otherwise. @returns ends that. */
  beforeReading(preparation: Preparation): () => void {
    this.#preparations.add(preparation);
    return () => void this.#preparations.delete(preparation);
  }

  /**
   * Returns all values by name, sorted. A timer has its last value and, from two samples on, `/count`, `/max`, `/min`,
   * `/p50` … Values that are not finite are left out.
   */
  snapshot(): Record<string, number> {
    return Object.fromEntries(this.entries());
  }

  /** Returns the values of `snapshot` one by one. */
  *entries(): Generator<[name: string, value: number]> {
    for (const entry of this.entriesInSteps()) if (entry) yield entry;
  }

  /** Returns the same in steps, for callers that do other work between them; undefined where a step has no value. */
  *entriesInSteps(): Generator<[name: string, value: number] | undefined> {
    const reading = {};
    for (const _ of this.#prepare(reading)) yield undefined;
    for (const name of this.#sortedNames()) {
      const metric = this.#metrics.get(name);
      if (metric === undefined) continue;
      if (metric instanceof Timer) {
        yield* timerEntries(metric);
        continue;
      }
      const value = readValue(metric, reading);
      if (value !== undefined && Number.isFinite(value)) yield [name, value];
    }
  }

  /**
   * Returns the values of some metrics, in steps as {@link entriesInSteps}, without looking at the others.
   *
   * @param names as `snapshot` has them, without the statistics of timers, which sort their samples.
   * @returns a value for each name; NaN where there is no such metric, or it has no value now.
   */
  *valuesInSteps(names: readonly string[]): Generator<unknown, Float64Array> {
    const reading = {};
    yield* this.#prepare(reading);
    const values = new Float64Array(names.length).fill(Number.NaN);
    for (const [index, name] of names.entries()) {
      const metric = this.#metrics.get(name);
      if (metric === undefined) continue;
      const value = metric instanceof Timer ? metric.last : readValue(metric, reading);
      if (value !== undefined && Number.isFinite(value)) values[index] = value;
      yield undefined;
    }
    return values;
  }

  /** Returns the values of `snapshot` in Prometheus's text format 0.0.4, in pieces. */
  prometheus(): Generator<string> {
    const reading = {};
    return prometheusText(this.#metrics.values(), reading, this.#prepare(reading));
  }

  *#prepare(reading: Reading): Generator<unknown> {
    for (const preparation of [...this.#preparations]) yield* preparation(reading);
  }

  /**
   * Returns the names in order. Sorting a hundred thousand names takes longer than reading them, so the order is kept
   * and new names are merged into it.
   */
  #sortedNames(): readonly string[] {
    if (this.#added.length > 0) {
      const names = [...this.#sorted, ...this.#added].filter(name => this.#metrics.has(name));
      this.#sorted = [...new Set(names)].sort();
      this.#added = [];
    }
    return this.#sorted;
  }

  #get<M extends Metric>(name: string, kind: new (name: string) => M, make: () => M): M {
    const existing = this.#metrics.get(name);
    if (existing instanceof kind) return existing;
    if (existing) throw new TypeError(`Metric '${name}' was already added as another kind`);
    const metric = make();
    this.#metrics.set(name, metric);
    this.#added.push(name);
    return metric;
  }
}

function* timerEntries(timer: Timer): Generator<[name: string, value: number]> {
  const { name, last } = timer;
  if (last !== undefined) yield [name, last];
  const statistics = timer.statistics();
  if (!statistics) return;
  yield [`${name}/count`, timer.count];
  yield [`${name}/max`, statistics.max];
  yield [`${name}/min`, statistics.min];
  for (const [percentile, value] of Object.entries(statistics.percentiles)) yield [`${name}/${percentile}`, value];
}
