/** Small things that several views have in common. */
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

/** A number from a message, which may be anything: JSON has no NaN. */
export function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}
