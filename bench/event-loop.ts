import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Does some work and tells how long this process's event loop was held up meanwhile.
 *
 * @returns the 99th percentile of the delay and its maximum, in milliseconds.
 */
export async function eventLoopDelay(work: () => Promise<void>): Promise<{ p99Ms: number; maxMs: number }> {
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  await work();
  histogram.disable();
  // The histogram holds times between two ticks of its timer: the resolution is no delay.
  const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
  return { p99Ms: delay(histogram.percentile(99)), maxMs: delay(histogram.max) };
}
