/** Conversions that several views share. */
import { fromThousandths, type Quantities } from '@meseta/resources';

/** Converts milliseconds since 1970 to seconds, as the views have them. */
export function seconds(ms: number): number {
  return ms / 1000;
}

/** Converts milliseconds since 1970 to a TimeInfo in nanoseconds. */
export function timeInfo(ms: number): { nanoseconds: number };
export function timeInfo(ms: number | undefined): { nanoseconds: number } | undefined;
export function timeInfo(ms: number | undefined): { nanoseconds: number } | undefined {
  return ms === undefined ? undefined : { nanoseconds: Math.round(ms * 1e6) };
}

/** Returns a number from a message, or 0 where it is not finite: JSON has no NaN and no infinity. */
export function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}

/** Returns quantities in thousandths, ordered by name. */
export function sorted(quantities: Quantities): [name: string, thousandths: number][] {
  return [...quantities].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Converts quantities to numbers by resource name, as `/roles` shows them. */
export function amounts(quantities: Quantities): Record<string, number> {
  return Object.fromEntries(sorted(quantities).map(([name, thousandths]) => [name, fromThousandths(thousandths)]));
}
