const firstMs = 1000;

/**
 * How long to wait before another try: a second, doubling to the maximum, of it a random part of the second half, so
 * that the executors of a machine do not all come at once.
 *
 * @param failures so far, from 1 on.
 * @param random of [0, 1).
 */
export function backoffMs(failures: number, maximumMs: number, random: number): number {
  const fullMs = Math.min(firstMs * 2 ** (failures - 1), Math.max(maximumMs, firstMs));
  return fullMs / 2 + (fullMs / 2) * random;
}
