/** What the headline metrics were: the last hour in steps of 5 seconds, and the last day in steps of a minute. */
import { Minute, toThousandths } from './minute.ts';
import { Ring } from './ring.ts';
import type { Series } from './series.ts';

/** The windows that can be asked for: how far back they go, in how large steps. */
export const windows = {
  '1h': { stepMs: 5000, size: 720 },
  '24h': { stepMs: 60_000, size: 1440 },
} as const;

/** One of {@link windows}. */
export type WindowName = keyof typeof windows;

/** Whether there is a window of that name. */
export function isWindow(name: string): name is WindowName {
  return Object.hasOwn(windows, name);
}

/** Which slots of a window an answer has. Milliseconds since the epoch: `from` begins the first, `until` ends the last. */
export interface Span {
  readonly stepMs: number;
  readonly from: number;
  readonly until: number;
}

/** Keeps the samples of some series. */
export class History {
  readonly series: readonly Series[];
  /** The metrics that each sample has a value of, in this order; NaN for those without. */
  readonly metrics: readonly string[];
  readonly #rings: Readonly<Record<WindowName, Ring>>;
  readonly #indexes: ReadonlyMap<string, number>;
  #minute: Minute;
  /** The sample before, from which counters have grown. */
  #before: { readonly slot: number; readonly time: number; readonly values: ArrayLike<number> } | undefined;

  constructor(series: readonly Series[]) {
    this.series = series;
    this.metrics = series.map(({ metric }) => metric);
    this.#indexes = new Map(series.map(({ name }, index) => [name, index]));
    const ring = (window: WindowName) => new Ring({ ...windows[window], series: series.length });
    this.#rings = { '1h': ring('1h'), '24h': ring('24h') };
    this.#minute = new Minute(series);
  }

  /** How much memory all samples take, in bytes. */
  get byteLength(): number {
    return Object.values(this.#rings).reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Whether it keeps a series of that name. */
  has(name: string): boolean {
    return this.#indexes.has(name);
  }

  /**
   * Takes a sample.
   *
   * @param time when it was taken, milliseconds since the epoch.
   * @param readings the values of {@link metrics}.
   */
  record(time: number, readings: ArrayLike<number>): void {
    const { '1h': hour, '24h': day } = this.#rings;
    const values = this.#valuesOf(time, readings);
    hour.write(time, values);
    if (day.slotOf(this.#minute.time) !== day.slotOf(time)) {
      const complete = this.#minute.result();
      if (complete) day.write(complete.time, complete.values);
      this.#minute = new Minute(this.series);
    }
    this.#minute.add(time, values);
  }

  /**
   * Returns which slots an answer has: those of the window, or of its part since `since`. The 24 hours end with the last complete minute.
   *
   * @param now milliseconds since the epoch.
   * @param since the `until` of an answer before. One from a later time than there is, as of a clock that was set back, counts as none.
   */
  span(window: WindowName, now: number, since?: number): Span {
    const { stepMs, size, last } = this.#rings[window];
    const until = last === undefined ? Math.floor(now / stepMs) * stepMs : (last + 1) * stepMs;
    const begin = until - size * stepMs;
    // After a restart there may be no sample of the slot that the answer before ended with.
    if (since === undefined || since > until + stepMs) return { stepMs, from: begin, until };
    const from = Math.max(begin, Math.floor(since / stepMs) * stepMs);
    return { stepMs, from, until: Math.max(from, until) };
  }

  /** Returns when the samples of a span were taken, milliseconds since the epoch; NaN: there is none in that slot. */
  times(window: WindowName, { stepMs, from, until }: Span): number[] {
    return this.#rings[window].times(from / stepMs, until / stepMs);
  }

  /** Returns the values of a series in the same slots; NaN: there is none. @throws {RangeError} when there is no such series. */
  values(window: WindowName, { stepMs, from, until }: Span, name: string): number[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new RangeError(`The history has no series '${name}'`);
    return this.#rings[window].values(index, from / stepMs, until / stepMs);
  }

  /** Computes rates from the sample of the slot before. Where that is missing, or a counter began anew, there is no rate. */
  #valuesOf(time: number, readings: ArrayLike<number>): number[] {
    const slot = this.#rings['1h'].slotOf(time);
    const before = this.#before;
    const isNext = before !== undefined && before.slot === slot - 1;
    const seconds = before === undefined ? Number.NaN : (time - before.time) / 1000;
    // A second sample of the same slot replaces the first, and so does what is counted from it.
    this.#before = { slot, time, values: readings };
    return this.series.map(({ shows }, index) => {
      const reading = readings[index] as number;
      if (shows === 'value') return reading;
      const growth = isNext ? reading - (before.values[index] as number) : Number.NaN;
      return growth >= 0 ? toThousandths(growth / seconds) : Number.NaN;
    });
  }
}
