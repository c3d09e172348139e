import { resultAtOnce } from '@meseta/system';
import type { Metrics, Reading } from '@meseta/telemetry';

/**
 * Makes a computation whose result serves for one reading of the metrics: many gauges read from one count. A reading of
 * a large cluster takes several turns of the event loop, and a count in each of them would take seconds. The count itself
 * is made in steps before anything is read; at once for a gauge that is read alone.
 */
export function oncePerReading<T>(metrics: Metrics, compute: () => Generator<unknown, T>): (reading: Reading) => T {
  const results = new WeakMap<Reading, { readonly value: T }>();
  metrics.beforeReading(function* (reading) {
    results.set(reading, { value: yield* compute() });
  });
  return reading => {
    let result = results.get(reading);
    if (!result) {
      result = { value: resultAtOnce(compute()) };
      results.set(reading, result);
    }
    return result.value;
  };
}
