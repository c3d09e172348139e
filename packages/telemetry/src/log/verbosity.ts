import { type Clock, systemClock } from '@meseta/system';

/** The verbosity of the log: 0 for no verbose lines, up to 3. It can be raised for some time (`/logging/toggle`). */
export class Verbosity {
  /** The level at the start. A change ends with it, and the level is never below it. */
  readonly original: number;
  readonly #clock: Clock;
  #level: number;
  #cancel: (() => void) | undefined;

  constructor(original = 0, clock: Clock = systemClock) {
    this.original = original;
    this.#level = original;
    this.#clock = clock;
  }

  get level(): number {
    return this.#level;
  }

  /** Sets the level for some time, then restores the original; a later call replaces an earlier one. */
  set(level: number, durationMs: number): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#level = level;
    if (level === this.original) return;
    this.#cancel = this.#clock.after(durationMs, () => {
      this.#cancel = undefined;
      this.#level = this.original;
    });
  }
}
