/** What `/ui/history` answers, and the window that a page has of it. */
import type { Shape } from '../requests/shape.ts';

/** The windows that the master keeps. */
export type HistoryWindow = '1h' | '24h';

/** An answer of `/ui/history`. Times are milliseconds since the epoch; null: there is no sample. */
export interface HistoryAnswer {
  readonly window: HistoryWindow;
  readonly step_ms: number;
  readonly from: number;
  readonly until: number;
  readonly times: readonly (number | null)[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

/** The form of such an answer. */
export const historyShape: Shape = {
  ...{ window: 'string', step_ms: 'number', from: 'number', until: 'number' },
  times: ['any'],
  series: { '*': ['any'] },
};

/** The slots of a window: each has a time and a value of each series, or null. */
export interface HistoryData {
  readonly stepMs: number;
  /** The beginning of the first slot, milliseconds since the epoch. */
  readonly from: number;
  /** The end of the last slot. */
  readonly until: number;
  readonly times: readonly (number | null)[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

/** How far back the windows go, in milliseconds. */
export const windowMs: Readonly<Record<HistoryWindow, number>> = { '1h': 3_600_000, '24h': 86_400_000 };

/**
 * Adds an answer to what is known. From its beginning on, the answer counts; what was known before stays, as far as the window reaches. So a
 * page keeps what the master sent before a restart. Slots between the two are empty.
 */
export function mergeHistory(known: HistoryData | undefined, answer: HistoryAnswer): HistoryData {
  const { step_ms: stepMs, from, until, times, series } = answer;
  if (known === undefined || known.stepMs !== stepMs || known.from >= from) {
    return { stepMs, from, until, times, series };
  }
  const begin = Math.max(known.from, until - windowMs[answer.window]);
  const kept = [Math.max(0, (begin - known.from) / stepMs), Math.max(0, (from - known.from) / stepMs)] as const;
  const missing = Array<null>(Math.max(0, (from - Math.max(known.until, begin)) / stepMs)).fill(null);
  const joined = (before: readonly (number | null)[], after: readonly (number | null)[]) => [
    ...before.slice(...kept),
    ...missing,
    ...after,
  ];
  return {
    ...{ stepMs, from: begin, until },
    times: joined(known.times, times),
    series: Object.fromEntries(
      Object.entries(series).map(([name, values]) => [name, joined(known.series[name] ?? [], values)]),
    ),
  };
}

/** Returns the newest value of a series; undefined: there is none in the window, or the newest slots are empty. */
export function latestOf({ series }: HistoryData, name: string): number | undefined {
  return series[name]?.at(-1) ?? undefined;
}

/** Returns the time of each slot, that of its sample or else its middle, in milliseconds since the epoch. */
export function slotTimes({ times, from, stepMs }: HistoryData): number[] {
  return times.map((time, slot) => time ?? from + (slot + 0.5) * stepMs);
}
