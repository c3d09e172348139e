/** The registry behind `/metrics/snapshot`, GET_METRICS and `/metrics/prometheus`. */
import { Counter, Gauge, type Metric, readValue, Timer } from './metric.ts';
import { prometheusText } from './prometheus.ts';

/** Metrics by Mesos's names (`master/tasks_running`). */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  /** The counter of that name, made when there is none. */
  counter(name: string): Counter {
    return this.#get(name, Counter, () => new Counter(name));
  }

  /**
   * The gauge of that name.
   *
   * @param read computes its value whenever metrics are read; without it the gauge is what `set` says, 0 at first.
   * @throws {TypeError} when a computed gauge of that name exists: two owners of one name are a mistake.
   */
  gauge(name: string, read?: () => number): Gauge {
    if (read && this.#metrics.has(name)) throw new TypeError(`Metric '${name}' was already added`);
    return this.#get(name, Gauge, () => new Gauge(name, read));
  }

  /** The timer of that name, made when there is none. */
  timer(name: string): Timer {
    return this.#get(name, Timer, () => new Timer(name));
  }

  /** Removes one metric. Unknown names are no error. */
  remove(name: string): void {
    this.#metrics.delete(name);
  }

  /** Removes all metrics whose names begin so (`master/frameworks/<name>/<id>/`). Looks at every metric. */
  removeAll(prefix: string): void {
    for (const name of this.#metrics.keys()) if (name.startsWith(prefix)) this.#metrics.delete(name);
  }

  /**
   * All values by name, sorted. A timer is its last value, and from two samples on `/count`, `/max`, `/min`, `/p50` …
   * Numbers are finite: what cannot be computed is left out.
   */
  snapshot(): Record<string, number> {
    const result: [string, number][] = [];
    const put = (name: string, value: number | undefined) => {
      if (value !== undefined && Number.isFinite(value)) result.push([name, value]);
    };
    for (const [name, metric] of this.#metrics) {
      if (!(metric instanceof Timer)) {
        put(name, readValue(metric));
        continue;
      }
      put(name, metric.last);
      const statistics = metric.statistics();
      if (!statistics) continue;
      put(`${name}/count`, metric.count);
      put(`${name}/max`, statistics.max);
      put(`${name}/min`, statistics.min);
      for (const [percentile, value] of Object.entries(statistics.percentiles)) put(`${name}/${percentile}`, value);
    }
    return Object.fromEntries(result.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The same numbers in Prometheus's text format 0.0.4. */
  prometheus(): string {
    return prometheusText(this.#metrics.values());
  }

  #get<M extends Metric>(name: string, kind: new (name: string) => M, make: () => M): M {
    const existing = this.#metrics.get(name);
    if (existing instanceof kind) return existing;
    if (existing) throw new TypeError(`Metric '${name}' was already added as another kind`);
    const metric = make();
    this.#metrics.set(name, metric);
    return metric;
  }
}
