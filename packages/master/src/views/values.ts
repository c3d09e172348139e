/** Small things that several views have in common. */
/** A time of ours in the views' seconds. */
export function seconds(ms: number): number {
  return ms / 1000;
}

/** A time of ours in the messages' nanoseconds. */
export function timeInfo(ms: number): { nanoseconds: number };
export function timeInfo(ms: number | undefined): { nanoseconds: number } | undefined;
export function timeInfo(ms: number | undefined): { nanoseconds: number } | undefined {
  return ms === undefined ? undefined : { nanoseconds: Math.round(ms * 1e6) };
}

/** A number from a message, which may be anything: JSON has no NaN. */
export function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}
