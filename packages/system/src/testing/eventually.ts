import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

const deadlineMs = 60_000;

/**
 * Waits until the probe finds something. The deadline is only for tests that fail: no machine is that slow.
 *
 * @param what is waited for, for the error when it does not come.
 */
export async function eventually<T>(
  what: string | (() => string),
  probe: () => T | Promise<T>,
): Promise<Exclude<T, false | undefined | 0 | ''>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found) return found as Exclude<T, false | undefined | 0 | ''>;
    assert.ok(performance.now() < deadline, `waited in vain for ${typeof what === 'string' ? what : what()}`);
    await delay(5);
  }
}
