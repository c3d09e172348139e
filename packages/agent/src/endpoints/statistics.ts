import { type Clock, delay } from '@meseta/system';

/** Between two readings of every container's numbers: Mesos allows two a second. */
const intervalMs = 500;

/** Limits how often something is done. Calls in between wait for the next run and share its result. */
export function rateLimited<T>(work: () => Promise<T>, clock: Clock): () => Promise<T> {
  let free = Number.NEGATIVE_INFINITY;
  let next: Promise<T> | undefined;
  const start = () => {
    next = undefined;
    free = clock.steady() + intervalMs;
    return work();
  };
  return () => {
    if (next) return next;
    const waitMs = free - clock.steady();
    if (waitMs <= 0) return start();
    next = delay(clock, waitMs).then(start);
    return next;
  };
}
