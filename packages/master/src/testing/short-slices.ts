import type { TestContext } from 'node:test';

/**
 * Makes slices of the event loop end after their first step, so that a test sees what happens between two of them.
 *
 * @returns ends that; it also ends with the test.
 */
export function shortSlices(t: TestContext): () => void {
  let nowMs = performance.now();
  const { mock } = t.mock.method(performance, 'now', () => {
    nowMs += 1000;
    return nowMs;
  });
  return () => mock.restore();
}
