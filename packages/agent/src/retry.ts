import { type Clock, delay } from '@meseta/system';

const firstRetryMs = 100;
const longestRetryMs = 10_000;

/**
 * Repeats work until it succeeds: a full disk may have space later, and otherwise the data would be lost.
 *
 * @param failed receives each failure.
 * @param signal aborts the work, which is then not done.
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
      await delay(clock, delayMs, signal);
    }
  }
}
