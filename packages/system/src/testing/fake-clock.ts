import type { Clock } from '../time/clock.ts';

/** A clock that stops until a test advances it. */
export class FakeClock implements Clock {
  /** What time it is, less the time that has passed. */
  #epoch: number;
  #passed = 0;
  readonly #timers = new Set<{ due: number; run: () => void }>();

  constructor(now = 1_700_000_000_000) {
    this.#epoch = now;
  }

  now(): number {
    return this.#epoch + this.#passed;
  }

  steady(): number {
    return this.#passed;
  }

  /** Sets what time it is, as an operator does: by so many milliseconds, forward or back. No time passes. */
  set(byMs: number): void {
    this.#epoch += byMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#passed + Math.max(0, ms), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  random(): number {
    return 0.5;
  }

  /** Advances the time, and runs the timers that expire in their order. */
  advance(ms: number): void {
    const end = this.#passed + ms;
    for (;;) {
      const due = [...this.#timers].filter(timer => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#passed = due.due;
      due.run();
    }
    this.#passed = end;
  }

  /** The number of timers that have not expired. */
  get pending(): number {
    return this.#timers.size;
  }
}
