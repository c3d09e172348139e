import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long an event loop was held up, in milliseconds: of a hundred moments the worst but one, and the worst. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface EventLoopWatch {
  stop(): LoopDelay;
}

/** Watches this process's event loop. */
export function watchEventLoop(): EventLoopWatch {
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return {
    stop: () => {
      histogram.disable();
      // The histogram holds times between two ticks of its timer: the resolution is no delay.
      const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
      return { p99Ms: delay(histogram.percentile(99)), maxMs: delay(histogram.max) };
    },
  };
}

/** Does some work and tells how long this process's event loop was held up meanwhile. */
export async function eventLoopDelay(work: () => Promise<void>): Promise<LoopDelay> {
  const watch = watchEventLoop();
  await work();
  return watch.stop();
}
