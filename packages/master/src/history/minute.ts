import type { Series } from './series.ts';

/** What the samples of one minute come to. */
export interface MinuteSample {
  /** When the last of its samples was taken, milliseconds since the epoch. */
  readonly time: number;
  readonly values: Float64Array;
}

/** Collects the samples of one minute. A series without a value in any of them has none for the minute either. */
export class Minute {
  readonly #series: readonly Series[];
  readonly #results: Float64Array;
  readonly #counts: Uint32Array;
  #time = Number.NaN;

  constructor(series: readonly Series[]) {
    this.#series = series;
    this.#results = new Float64Array(series.length);
    this.#counts = new Uint32Array(series.length);
  }

  /** When the last sample was taken, milliseconds since the epoch; NaN before the first. */
  get time(): number {
    return this.#time;
  }

  /** Takes a sample. */
  add(time: number, values: ArrayLike<number>): void {
    this.#time = time;
    for (const [index, { minute }] of this.#series.entries()) {
      const value = values[index] as number;
      if (Number.isNaN(value)) continue;
      const before = this.#results[index] as number;
      const isFirst = this.#counts[index] === 0;
      this.#results[index] = isFirst ? value : minute === 'max' ? Math.max(before, value) : before + value;
      this.#counts[index]!++;
    }
  }

  /** Returns what the samples come to; undefined: there are none. */
  result(): MinuteSample | undefined {
    if (Number.isNaN(this.#time)) return undefined;
    const values = this.#results.map((result, index) => {
      const count = this.#counts[index] as number;
      if (count === 0) return Number.NaN;
      return this.#series[index]?.minute === 'max' ? result : toThousandths(result / count);
    });
    return { time: this.#time, values };
  }
}

/** Rounds a computed value as finely as Mesos counts resources, so that it needs no more digits than it means. */
export function toThousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
