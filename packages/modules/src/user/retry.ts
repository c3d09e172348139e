/** Waits between tries of a method that should not have ended. */
import { setTimeout as delay } from 'node:timers/promises';

const firstMs = 1000;
const longestMs = 10_000;
/** A try that took as long had no problem at its beginning. */
const longMs = 30_000;

/**
 * Runs `attempt` again and again until the signal is aborted, each time after a pause that grows from 1 to 10 seconds. An
 * attempt that took half a minute starts the growth anew.
 *
 * @param attempt must not reject. Returns whether another one is needed.
 */
export async function retried(signal: AbortSignal, attempt: () => Promise<boolean>): Promise<void> {
  for (let pauseMs = firstMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestMs)) {
    const since = performance.now();
    if (!(await attempt())) return;
    if (performance.now() - since > longMs) pauseMs = firstMs;
    await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined); // aborted
  }
}
