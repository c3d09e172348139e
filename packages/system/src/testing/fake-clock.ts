import type { Clock } from '../time/clock.ts';

/** A clock that stops until a test advances it. */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ due: number; run: () => void }>();

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, ms), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  random(): number {
    return 0.5;
  }

  /** Advances the time, and runs the timers that expire in their order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(timer => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = due.due;
      due.run();
    }
    this.#now = end;
  }

  /** The number of timers that have not expired. */
  get pending(): number {
    return this.#timers.size;
  }
}
