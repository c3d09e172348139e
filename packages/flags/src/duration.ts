/**
 * Parses and formats durations as Mesos does: a number directly followed by a unit (`1.5hrs`). In memory they are
 * milliseconds.
 */

/**
 * The nanoseconds of each unit, smallest first. There are no other units: `sec`, `min`, `hour` are errors in Mesos,
 * too.
 */
const units: readonly (readonly [unit: string, nanoseconds: number])[] = [
  ['ns', 1],
  ['us', 1e3],
  ['ms', 1e6],
  ['secs', 1e9],
  ['mins', 60e9],
  ['hrs', 3600e9],
  ['days', 86_400e9],
  ['weeks', 604_800e9],
];

/** The maximum number of nanoseconds: a duration is an int64 in messages. */
const maxNanoseconds = 2 ** 63;

/**
 * Parses a duration.
 *
 * @returns milliseconds, with fractions down to a nanosecond.
 * @throws {Error} with Mesos's message.
 * @see Mesos stout/duration.hpp, Duration::parse
 */
export function parseDuration(text: string): number {
  const match = /^([\d.]*)(\D.*)$/s.exec(text);
  if (!match || match[1] === '')
    throw new Error(`Invalid duration '${text}': expecting a number and a unit, such as 5secs`);
  const [, digits = '', unit] = match;
  if (!/^(\d+\.?\d*|\.\d+)$/.test(digits)) throw new Error(`Failed to convert '${digits}' to number`);
  const factor = units.find(([name]) => name === unit)?.[1];
  if (factor === undefined) {
    throw new Error(
      `Unknown duration unit '${unit}'; supported units are 'ns', 'us', 'ms', 'secs', 'mins', 'hrs', 'days', and 'weeks'`,
    );
  }
  const nanoseconds = Number(digits) * factor;
  if (nanoseconds >= maxNanoseconds) {
    throw new Error("Argument out of the range that a Duration can represent due to int64_t's size limit");
  }
  return Math.trunc(nanoseconds) / 1e6;
}

/**
 * Formats a duration as Mesos does: in the largest unit that it reaches, or in the next smaller one when only that
 * gives a whole number (`90mins` for one and a half hours, `10days`).
 *
 * @see Mesos stout/duration.hpp, operator<<
 */
export function formatDuration(milliseconds: number): string {
  const nanoseconds = Math.round(Math.abs(milliseconds) * 1e6);
  const sign = milliseconds < 0 && nanoseconds > 0 ? '-' : '';
  const index = Math.max(
    0,
    units.findLastIndex(([, size]) => size <= nanoseconds),
  );
  const [unit, size] = units[index] ?? ['ns', 1];
  const smaller = units[index - 1];
  if (smaller && nanoseconds % size !== 0 && nanoseconds % smaller[1] === 0) {
    return `${sign}${nanoseconds / smaller[1]}${smaller[0]}`;
  }
  return `${sign}${Number((nanoseconds / size).toPrecision(15))}${unit}`;
}
