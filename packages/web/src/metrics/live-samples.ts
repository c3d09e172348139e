/** All metrics, sampled while a page is open, for those that the master keeps no history of. */

/** Two values a time are kept for an hour of 5 seconds each. */
const MAX_SAMPLES = 720;

/** All metrics at one time; undefined: there was no answer. */
interface Sample {
  /** Milliseconds since the epoch, by the browser's clock. */
  readonly time: number;
  readonly values: Readonly<Record<string, number>> | undefined;
}

/** The samples of some metrics: only these are kept, as there may be a hundred thousand. */
export class LiveSamples {
  #samples: readonly Sample[] = [];

  /** Adds a sample. @param names the metrics whose values are kept. */
  add(time: number, values: Readonly<Record<string, number>> | undefined, names: readonly string[]): void {
    const kept =
      values &&
      Object.fromEntries(names.flatMap(name => (Object.hasOwn(values, name) ? [[name, values[name] as number]] : [])));
    this.#samples = [...this.#samples, { time, values: kept }].slice(-MAX_SAMPLES);
  }

  /** When samples were taken. */
  get times(): number[] {
    return this.#samples.map(({ time }) => time);
  }

  /** Returns the values of a metric at these times; null: there was none, or it was not kept. */
  valuesOf(name: string): (number | null)[] {
    return this.#samples.map(({ values }) => (values && Object.hasOwn(values, name) ? (values[name] as number) : null));
  }
}
