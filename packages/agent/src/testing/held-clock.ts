import { type Clock, systemClock } from '@meseta/system';

/** Waits of this many milliseconds or more are held. */
const longMs = 1000;

/** A clock whose short waits pass by themselves, and whose long ones pass when the test says so, however long that takes. */
export class HeldClock implements Clock {
  #skippedMs = 0;
  #setMs = 0;
  readonly #held = new Set<{ readonly ms: number; readonly due: number; readonly run: () => void }>();

  now(): number {
    return systemClock.now() + this.#skippedMs + this.#setMs;
  }

  /** Sets what time it is, as an operator does: by so many milliseconds, forward or back. No time passes. */
  set(byMs: number): void {
    this.#setMs += byMs;
  }

  steady(): number {
    return systemClock.steady() + this.#skippedMs;
  }

  after(ms: number, run: () => void): () => void {
    if (ms < longMs) return systemClock.after(ms, run);
    const wait = { ms, due: this.#skippedMs + ms, run };
    this.#held.add(wait);
    return () => this.#held.delete(wait);
  }

  random(): number {
    return systemClock.random();
  }

  /** Whether a wait of that length is held. */
  holds(ms: number): boolean {
    return [...this.#held].some(wait => wait.ms === ms);
  }

  /** Advances the time, and runs the held timers that expire in their order. */
  advance(ms: number): void {
    this.#skippedMs += ms;
    const due = [...this.#held].filter(wait => wait.due <= this.#skippedMs).sort((a, b) => a.due - b.due);
    for (const wait of due) if (this.#held.delete(wait)) wait.run();
  }
}
