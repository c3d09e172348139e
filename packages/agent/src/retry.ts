import type { Clock } from '@meseta/system';

const firstRetryMs = 100;
const longestRetryMs = 10_000;

/**
 * Does something that must be done until it succeeds: a full disk may have room again, and the alternative is to lose
 * what was to be written.
 *
 * @param failed told of each failure.
 * @param signal ends it, undone.
 */
export async function untilDone(
  work: () => Promise<void>,
  clock: Clock,
  failed: (error: unknown) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let delayMs = firstRetryMs; !signal?.aborted; delayMs = Math.min(delayMs * 2, longestRetryMs)) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) return;
      failed(error);
      await new Promise<void>(resolve => {
        clock.after(delayMs, resolve);
      });
    }
  }
}
