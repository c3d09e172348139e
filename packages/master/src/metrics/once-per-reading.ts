import type { Reading } from '@meseta/telemetry';

/**
 * Makes a computation whose result serves for one reading of the metrics: many gauges read from one count. A reading of
 * a large cluster takes several turns of the event loop, and a count in each of them would take seconds.
 */
export function oncePerReading<T>(compute: () => T): (reading: Reading) => T {
  const results = new WeakMap<Reading, { readonly value: T }>();
  return reading => {
    let result = results.get(reading);
    if (!result) {
      result = { value: compute() };
      results.set(reading, result);
    }
    return result.value;
  };
}
