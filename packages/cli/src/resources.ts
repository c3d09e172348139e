import type { Resource } from '@meseta/protocol';

/** Returns the sum of a scalar resource over roles and reservations. */
export function scalar(resources: readonly Resource[] | undefined, name: string): number {
  const sum = (resources ?? []).reduce(
    (total, each) => total + (each.name === name ? (each.scalar?.value ?? 0) : 0),
    0,
  );
  return Math.round(sum * 1000) / 1000;
}

/** Formats used and total resources: `1.5 of 8`. */
export function usage(
  used: readonly Resource[] | undefined,
  total: readonly Resource[] | undefined,
  name: string,
): string {
  return `${scalar(used, name)} of ${scalar(total, name)}`;
}
