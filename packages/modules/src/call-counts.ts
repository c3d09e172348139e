import type { Counter, Gauge, Histogram, Metrics } from '@meseta/telemetry';

/** How a call ended. `discarded`: its caller stopped waiting for it. */
export type Outcome = 'ok' | 'failed' | 'timed-out' | 'discarded';

/** The metrics of one method of a module, `modules/<module>/<method>/…`. */
export class CallCounts {
  readonly #calls: Counter;
  readonly #failures: Counter;
  readonly #timeouts: Counter;
  readonly #latency: Histogram;
  readonly #inFlight: Gauge;

  constructor(metrics: Metrics, module: string, method: string) {
    const name = `modules/${module.replaceAll('/', '_')}/${method}`;
    this.#calls = metrics.counter(`${name}/calls`);
    this.#failures = metrics.counter(`${name}/failures`);
    this.#timeouts = metrics.counter(`${name}/timeouts`);
    this.#latency = metrics.histogram(`${name}/latency_ms`);
    this.#inFlight = metrics.gauge(`${name}/in_flight`);
  }

  /** Counts the start of a call. The function it returns counts its end. */
  begin(): (outcome: Outcome) => void {
    this.#calls.increment();
    this.#inFlight.set(this.#inFlight.value + 1);
    const stop = this.#latency.start();
    return outcome => {
      this.#inFlight.set(this.#inFlight.value - 1);
      if (outcome !== 'discarded') stop();
      if (outcome === 'failed' || outcome === 'timed-out') this.#failures.increment();
      if (outcome === 'timed-out') this.#timeouts.increment();
    };
  }
}
