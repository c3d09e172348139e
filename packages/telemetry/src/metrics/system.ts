/** Metrics of the machine and of this process. */
import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** The machine's numbers as in Mesos; `/system/stats.json` has them under other names. */
export interface SystemStats {
  readonly cpus: number;
  readonly load: readonly [oneMinute: number, fiveMinutes: number, fifteenMinutes: number];
  readonly memTotalBytes: number;
  readonly memFreeBytes: number;
}

/** Reads the machine's numbers. Fast. */
export function systemStats(): SystemStats {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return { cpus: cpus().length, load: [one, five, fifteen], memTotalBytes: totalmem(), memFreeBytes: freemem() };
}

/**
 * Adds the metrics `system/cpus_total`, `system/load_*min`, `system/mem_*_bytes`, and `process/*` (memory and CPU time
 * of this process).
 */
export function addSystemMetrics(metrics: Metrics): void {
  const cpuCount = cpus().length; // read once, because it takes milliseconds on large machines
  metrics.gauge('system/cpus_total', () => cpuCount);
  for (const [index, minutes] of [1, 5, 15].entries()) {
    metrics.gauge(`system/load_${minutes}min`, () => loadavg()[index] ?? 0);
  }
  metrics.gauge('system/mem_total_bytes', totalmem);
  metrics.gauge('system/mem_free_bytes', freemem);
  metrics.gauge('process/resident_memory_bytes', () => process.memoryUsage.rss());
  metrics.gauge('process/heap_used_bytes', () => process.memoryUsage().heapUsed);
  metrics.gauge('process/cpu_secs', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
}

/** The interval at which the event loop's delay is sampled. The histogram's values include it. */
const resolutionMs = 10;
const windowMs = 60_000;

/**
 * Adds `process/event_loop_delay_ms/{mean,p50,p99,max}` of the last full minute; during the first minute, of the time
 * since the start.
 *
 * @returns a function that ends the measurement.
 */
export function addEventLoopMetrics(metrics: Metrics): () => void {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  const names: readonly (readonly [string, (from: typeof histogram) => number])[] = [
    ['mean', from => from.mean],
    ['p50', from => from.percentile(50)],
    ['p99', from => from.percentile(99)],
    ['max', from => from.max],
  ];
  const now = () =>
    names.map(([, read]) => (histogram.count === 0 ? 0 : Math.max(0, read(histogram) / 1e6 - resolutionMs)));
  let lastMinute: readonly number[] | undefined;
  histogram.enable();
  const timer = setInterval(() => {
    lastMinute = now();
    histogram.reset();
  }, windowMs).unref();
  for (const [index, [name]] of names.entries()) {
    metrics.gauge(`process/event_loop_delay_ms/${name}`, () => (lastMinute ?? now())[index] ?? 0);
  }
  return () => {
    clearInterval(timer);
    histogram.disable();
    for (const [name] of names) metrics.remove(`process/event_loop_delay_ms/${name}`);
  };
}
