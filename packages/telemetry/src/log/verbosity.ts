/** The clock a verbosity change is timed by; `setTimeout` and `clearTimeout` fit. */
export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const realTimers: Timers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms).unref(),
  clearTimeout: timer => clearTimeout(timer as NodeJS.Timeout),
};

/** The longest a Node.js timer can wait. */
const longest = 2 ** 31 - 1;

/** How many verbose lines are logged: 0 none, 1 to 3 more and more. Can be raised for a while (`/logging/toggle`). */
export class Verbosity {
  /** The level of the start; a change goes back to it, and none goes below it. */
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

  /** Sets the level for a time, then goes back to the original; a later call replaces an earlier one. */
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
