/**
 * Samples of several series in slots of time, of which the newest are kept. Each slot has the time of its sample, and is empty where
 * none was taken: nothing is put between two samples. Its memory is reserved at once and does not grow.
 *
 * A slot's number is the time divided by the length of a slot, so that slots of different masters match.
 */
export class Ring {
  /** The length of a slot, in milliseconds. */
  readonly stepMs: number;
  /** How many slots are kept. */
  readonly size: number;
  /** Milliseconds since the epoch; NaN: the slot is empty. */
  readonly #times: Float64Array;
  readonly #series: readonly Float64Array[];
  /** The newest slot that has a sample. */
  #last: number | undefined;

  constructor({ stepMs, size, series }: { readonly stepMs: number; readonly size: number; readonly series: number }) {
    this.stepMs = stepMs;
    this.size = size;
    const empty = () => new Float64Array(size).fill(Number.NaN);
    this.#times = empty();
    this.#series = Array.from({ length: series }, empty);
  }

  /** The newest slot that has a sample; undefined: none has. */
  get last(): number | undefined {
    return this.#last;
  }

  /** How much memory the samples take, in bytes. */
  get byteLength(): number {
    return this.#series.reduce((sum, { byteLength }) => sum + byteLength, this.#times.byteLength);
  }

  /** Returns the slot that a time is in. */
  slotOf(time: number): number {
    return Math.floor(time / this.stepMs);
  }

  /**
   * Takes a sample; a later one of the same slot replaces it. When the clock was set back, later slots are emptied: what is in them did
   * not happen at that time.
   */
  write(time: number, values: ArrayLike<number>): void {
    const slot = this.slotOf(time);
    const last = this.#last ?? slot;
    const [from, to] = slot < last ? [slot + 1, last] : [last + 1, slot - 1];
    for (let between = Math.max(from, to - this.size + 1); between <= to; between++) this.#empty(between);
    this.#last = slot;
    const at = this.#at(slot);
    this.#times[at] = time;
    for (const [index, series] of this.#series.entries()) series[at] = values[index] ?? Number.NaN;
  }

  /** Returns the times of the slots from `from` on, before `to`; NaN: the slot is empty or not kept. */
  times(from: number, to: number): number[] {
    return this.#read(this.#times, from, to);
  }

  /** Returns the values of one series in the same slots; NaN: there is none. */
  values(series: number, from: number, to: number): number[] {
    return this.#read(this.#series[series] as Float64Array, from, to);
  }

  #read(of: Float64Array, from: number, to: number): number[] {
    const last = this.#last ?? Number.NEGATIVE_INFINITY;
    return Array.from({ length: to - from }, (_, index) => {
      const slot = from + index;
      return slot <= last && slot > last - this.size ? (of[this.#at(slot)] as number) : Number.NaN;
    });
  }

  #empty(slot: number): void {
    const at = this.#at(slot);
    this.#times[at] = Number.NaN;
    for (const series of this.#series) series[at] = Number.NaN;
  }

  #at(slot: number): number {
    return slot % this.size;
  }
}
