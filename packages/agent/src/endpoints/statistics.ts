import { setTimeout as wait } from 'node:timers/promises';

/** Between two readings of every container's numbers: Mesos allows two a second. */
const intervalMs = 500;

/**
 * Limits how often something is done. Calls in between wait for the next run and share its result.
 *
 * @param now milliseconds; `sleep` resolves after so many of them.
 */
export function rateLimited<T>(
  work: () => Promise<T>,
  { now = () => performance.now(), sleep = (ms: number): Promise<unknown> => wait(ms, undefined, { ref: false }) } = {},
): () => Promise<T> {
  let free = Number.NEGATIVE_INFINITY;
  let next: Promise<T> | undefined;
  const start = () => {
    next = undefined;
    free = now() + intervalMs;
    return work();
  };
  return () => {
    if (next) return next;
    if (now() >= free) return start();
    next = sleep(free - now()).then(start);
    return next;
  };
}
