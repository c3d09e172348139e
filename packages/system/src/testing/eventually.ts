import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

const deadlineMs = 60_000;

/**
 * With `npm test -- --stalls` some looks come late, for what is awaited may be there for a moment only.
 */
const pauseMs = () => (process.env.MESETA_TEST_STALLS && Math.random() < 0.3 ? Math.random() * 400 : 5);

/**
 * Waits until the probe returns a truthy value, and returns it. The deadline is only for tests that fail: no machine is
 * that slow.
 *
 * @param what is awaited, for the error message.
 */
export async function eventually<T>(
  what: string | (() => string),
  probe: () => T | Promise<T>,
): Promise<Exclude<T, false | undefined | 0 | ''>> {
  const deadline = performance.now() + deadlineMs;
  if (process.env.MESETA_TEST_STALLS) await delay(pauseMs());
  for (;;) {
    const found = await probe();
    if (found) return found as Exclude<T, false | undefined | 0 | ''>;
    assert.ok(performance.now() < deadline, `timed out waiting for ${typeof what === 'string' ? what : what()}`);
    await delay(pauseMs());
  }
}
