import type { Clock } from '@meseta/system';

/** Waits for something, but at most for so many milliseconds. */
export async function atMost(clock: Clock, work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  await Promise.race([work, promise]);
  cancel();
}

/** Waits for so many milliseconds. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => clock.after(ms, resolve));
}
