/** Times of log entries, in nanoseconds since 1970: a bigint, because a number would not be exact. */

const nanoseconds = 1_000_000_000n;

/** @public Reads a time as `2026-11-21T04:58:28.526394069Z`; undefined when it is none. */
export function parseLogTime(text: string): bigint | undefined {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!found) return undefined;
  const [, seconds = '', fraction = '', zone = 'Z'] = found;
  const ms = Date.parse(seconds + zone);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms / 1000) * nanoseconds + BigInt(fraction.padEnd(9, '0'));
}

/** Returns a time as the engine takes it for `since`: seconds with nine digits behind the point. */
export function formatSince(ns: bigint): string {
  return `${ns / nanoseconds}.${String(ns % nanoseconds).padStart(9, '0')}`;
}
