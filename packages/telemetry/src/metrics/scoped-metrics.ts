import type { Counter, Gauge, Histogram, ReadGauge, Timer } from './metric.ts';
import { Metrics, type Preparation } from './metrics.ts';

/** Metrics of a part of the process that ends earlier. They are in another registry until then. */
export class ScopedMetrics extends Metrics {
  readonly #registry: Metrics;
  readonly #names = new Set<string>();
  readonly #preparations: (() => void)[] = [];

  /** @param registry gets the metrics as well, and is the one that is read. */
  constructor(registry: Metrics) {
    super();
    this.#registry = registry;
  }

  override counter(name: string): Counter {
    this.#names.add(name);
    return this.#registry.counter(name);
  }

  override gauge(name: string, read?: ReadGauge): Gauge {
    const gauge = this.#registry.gauge(name, read);
    this.#names.add(name);
    return gauge;
  }

  override timer(name: string): Timer {
    this.#names.add(name);
    return this.#registry.timer(name);
  }

  override histogram(name: string): Histogram {
    this.#names.add(name);
    return this.#registry.histogram(name);
  }

  override remove(name: string): void {
    this.#names.delete(name);
    this.#registry.remove(name);
  }

  override removeAll(prefix: string): void {
    for (const name of this.#names) if (name.startsWith(prefix)) this.remove(name);
  }

  override beforeReading(preparation: Preparation): () => void {
    const end = this.#registry.beforeReading(preparation);
    this.#preparations.push(end);
    return end;
  }

  override entriesInSteps(): Generator<[name: string, value: number] | undefined> {
    return this.#registry.entriesInSteps();
  }

  override entries(): Generator<[name: string, value: number]> {
    return this.#registry.entries();
  }

  override valuesInSteps(names: readonly string[]): Generator<unknown, Float64Array> {
    return this.#registry.valuesInSteps(names);
  }

  override prometheus(): Generator<string> {
    return this.#registry.prometheus();
  }

  /** Removes all metrics that were created here, and what comes before readings. */
  end(): void {
    for (const end of this.#preparations) end();
    this.removeAll('');
  }
}
