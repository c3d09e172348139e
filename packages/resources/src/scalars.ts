import type { Algebra } from './algebra.ts';

/** The largest amount, in thousandths, that is exact. Larger numbers are reduced to it. */
export const maxThousandths = Number.MAX_SAFE_INTEGER;

/**
 * Converts a number to the integer that Mesos compares and adds: 0.0004 is zero, 0.1 + 0.2 is 0.3.
 *
 * @returns NaN for NaN, so that the caller can refuse it.
 * @see Mesos src/common/values.cpp, convertToFixed
 */
export function toThousandths(value: number): number {
  const rounded = value < 0 ? -Math.round(-value * 1000) : Math.round(value * 1000);
  return Math.min(Math.max(rounded, -maxThousandths), maxThousandths);
}

/** Converts thousandths back to a number. */
export function fromThousandths(thousandths: number): number {
  return thousandths / 1000;
}

/** The arithmetic of SCALAR: integers, in thousandths of the resource's unit. */
export const scalars: Algebra<number> = {
  read: ({ scalar }) => (scalar === undefined ? 0 : toThousandths(scalar.value)),
  write: (template, thousandths) => ({ ...template, scalar: { value: thousandths / 1000 } }),
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  contains: (a, b) => b <= a,
  isEmpty: thousandths => !(thousandths > 0),
  print: thousandths => String(thousandths / 1000),
};
