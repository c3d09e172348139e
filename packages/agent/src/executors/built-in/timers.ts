import type { Clock } from '@meseta/system';
import type { Timer } from '@meseta/tasks';

/** The timers of one task, by name. */
export class Timers {
  readonly #clock: Clock;
  readonly #onTimer: (timer: Timer) => void;
  readonly #cancels = new Map<Timer, () => void>();

  /** @param onTimer called when a timer is due. */
  constructor(clock: Clock, onTimer: (timer: Timer) => void) {
    this.#clock = clock;
    this.#onTimer = onTimer;
  }

  /** Sets a timer, in place of one of that name. */
  set(timer: Timer, delayMs: number): void {
    this.#cancels.get(timer)?.();
    this.#cancels.set(
      timer,
      this.#clock.after(delayMs, () => this.#onTimer(timer)),
    );
  }

  /** Cancels all. */
  clear(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
