import { type Clock, resultInSlices } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import { type History, windows } from './history.ts';

const { stepMs } = windows['1h'];

/**
 * Samples the metrics for the history, now and then in the middle of each slot, until it is ended. Metrics are read in slices of the
 * event loop. A process that is held up for more than half a slot misses it, and the slot stays empty.
 *
 * @returns ends it.
 */
export function sampleMetrics(
  history: History,
  { metrics, clock, log }: { readonly metrics: Metrics; readonly clock: Clock; readonly log: Logger },
): () => void {
  let hasEnded = false;
  let cancel: () => void = () => undefined;
  const sample = async () => {
    const time = clock.now();
    try {
      const readings = await resultInSlices(metrics.valuesInSteps(history.metrics));
      if (!hasEnded) history.record(time, readings);
    } catch (error) {
      log.warning('The metrics could not be sampled for the history, which has a gap at this time', { error });
    }
    if (!hasEnded) cancel = clock.after(toNextMiddle(clock.now()), () => void sample());
  };
  void sample();
  return () => {
    hasEnded = true;
    cancel();
  };
}

/** Returns the time to the middle of the next slot, in milliseconds: timers may be early or late by almost half a slot. */
export function toNextMiddle(now: number): number {
  return (Math.floor(now / stepMs) + 1.5) * stepMs - now;
}
