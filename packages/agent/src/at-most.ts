import type { Clock } from '@meseta/system';

/** Waits for work, `ms` milliseconds at most. The work goes on after that. @throws what the work throws before. */
export async function atMost(clock: Clock, work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  try {
    await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}
