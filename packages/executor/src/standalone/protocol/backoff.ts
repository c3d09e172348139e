const firstMs = 1000;

/**
 * Computes how long to wait before another try: a second, doubled with each failure up to the maximum. The second half
 * of it is random, so that the executors of a machine do not all connect at once.
 *
 * @param failures so far, at least 1.
 * @param random in [0, 1).
 * @returns milliseconds.
 */
export function backoffMs(failures: number, maximumMs: number, random: number): number {
  const fullMs = Math.min(firstMs * 2 ** (failures - 1), Math.max(maximumMs, firstMs));
  return fullMs / 2 + (fullMs / 2) * random;
}
