/** What a plot shows, in words: for those who do not see it, and at the cursor. */
import { own } from '@meseta/protocol/own';
import type { Unit } from './metric-format.ts';

/** One line of a plot. */
export interface PlotLine {
  readonly label: string;
  /** A value for each time; null: there is none. */
  readonly values: readonly (number | null)[];
}

/** What a plot shows. */
export interface PlotData {
  /** Milliseconds since the epoch, in order. */
  readonly times: readonly number[];
  readonly lines: readonly PlotLine[];
}

/** A stretch of time, milliseconds since the epoch. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Returns the stretches in which no line has a value: from the first empty time to the last. */
export function gapsOf({ times, lines }: PlotData): TimeSpan[] {
  const gaps: TimeSpan[] = [];
  let from: number | undefined;
  for (const [index, time] of times.entries()) {
    const isEmpty = lines.every(({ values }) => (values[index] ?? null) === null);
    if (isEmpty) from ??= time;
    else if (from !== undefined) {
      gaps.push({ from, to: times[index - 1] as number });
      from = undefined;
    }
  }
  if (from !== undefined) gaps.push({ from, to: times.at(-1) as number });
  return gaps;
}

/** Returns the least, the largest and the last of some values; undefined: there are none. */
export function extremesOf(
  values: readonly (number | null)[],
): { least: number; most: number; last: number } | undefined {
  let result: { least: number; most: number; last: number } | undefined;
  for (const value of values) {
    if (value === null) continue;
    const { least, most } = result ?? { least: value, most: value };
    result = { least: Math.min(least, value), most: Math.max(most, value), last: value };
  }
  return result;
}

/** Returns each line in words: `running: last 3, between 0 and 5`. */
export function summaryOf({ lines }: PlotData, format: (value: number) => string): string {
  return lines
    .map(({ label, values }) => {
      const extremes = extremesOf(values);
      if (extremes === undefined) return `${label}: no values`;
      const { last, least, most } = extremes;
      return `${label}: last ${format(last)}, between ${format(least)} and ${format(most)}`;
    })
    .join('; ');
}

/** Returns the longest text for the values of a line, as far as the extremes tell it. */
export function longestTextOf(values: readonly (number | null)[], format: (value: number) => string): string {
  const extremes = extremesOf(values);
  return extremes === undefined ? '' : longest([extremes.least, extremes.most, extremes.last].map(format));
}

/** Returns the longest of some texts. */
export const longest = (texts: readonly string[]): string =>
  texts.reduce((one, other) => (other.length > one.length ? other : one), '');

/** A row of the table that stands for a plot. */
export interface PlotRow {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly values: readonly (number | null)[];
}

/**
 * Returns the values at so many times at most, the newest first. Of several times that one row stands for it has the last with a value:
 * nothing in it is computed.
 */
export function rowsOf({ times, lines }: PlotData, most: number): PlotRow[] {
  const perRow = Math.max(1, Math.ceil(times.length / most));
  const rows: PlotRow[] = [];
  for (let end = times.length; end > 0; end -= perRow) {
    let at = end - 1;
    const begin = Math.max(0, end - perRow);
    while (at > begin && lines.every(({ values }) => (values[at] ?? null) === null)) at--;
    rows.push({ time: times[at] as number, values: lines.map(({ values }) => values[at] ?? null) });
  }
  return rows;
}

/** Returns the top of a plot's scale: a round number that no value is above. By base 1024, 512 MB and 2 GB are round. */
export function topOf(lines: readonly PlotLine[], { base, emptyTop = 1 }: Pick<Unit, 'base' | 'emptyTop'>): number {
  let most = 0;
  for (const { values } of lines) for (const value of values) if (value !== null && value > most) most = value;
  if (most === 0) return emptyTop;
  const unit = base ** Math.floor(Math.log(most) / Math.log(base));
  const magnitude = 10 ** Math.floor(Math.log10(most / unit));
  for (const factor of [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10]) {
    const top = Number((factor * magnitude).toPrecision(6)) * unit;
    if (top >= most) return top;
  }
  return base * unit;
}

/** Returns where a key moves the cursor of a plot with `count` times; undefined: the key is none of those that do. */
export function movedCursor(key: string, at: number, count: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - 12,
    PageUp: at + 12,
    Home: 0,
    End: count - 1,
  };
  const to = own(moves, key);
  return to === undefined ? undefined : Math.min(Math.max(to, 0), Math.max(0, count - 1));
}
