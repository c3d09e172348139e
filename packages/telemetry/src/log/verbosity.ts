/** The timers of a verbosity change; `setTimeout` and `clearTimeout` fit. */
export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const realTimers: Timers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms).unref(),
  clearTimeout: timer => clearTimeout(timer as NodeJS.Timeout),
};

/** The longest time of a Node.js timer. */
const longest = 2 ** 31 - 1;

/** The verbosity of the log: 0 for no verbose lines, up to 3. It can be raised for some time (`/logging/toggle`). */
export class Verbosity {
  /** The level at the start. A change ends with it, and the level is never below it. */
  readonly original: number;
  #level: number;
  #timer: unknown;
  readonly #timers: Timers;

  constructor(original = 0, timers: Timers = realTimers) {
    this.original = original;
    this.#level = original;
    this.#timers = timers;
  }

  get level(): number {
    return this.#level;
  }

  /** Sets the level for some time, then restores the original; a later call replaces an earlier one. */
  set(level: number, durationMs: number): void {
    if (this.#timer !== undefined) this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#level = level;
    if (level === this.original) return;
    const revert = () => {
      this.#timer = undefined;
      this.#level = this.original;
    };
    this.#timer = this.#timers.setTimeout(revert, Math.min(durationMs, longest));
  }
}
