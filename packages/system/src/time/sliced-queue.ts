import { Slice } from './slice.ts';

/**
 * Runs work later, in order, for a few milliseconds in each turn of the event loop. For work of which thousands of pieces
 * may come at once, as when a message is sent to every agent: with a `setImmediate` for each, all of them would run in
 * the next turn.
 */
export class SlicedQueue {
  #waiting: (() => void)[] = [];
  #next = 0;

  /** Adds work; what it throws is thrown into the event loop, and the rest of the work is still done. */
  push(work: () => void): void {
    this.#waiting.push(work);
    if (this.#waiting.length === 1) setImmediate(() => this.#run());
  }

  #run(): void {
    const slice = new Slice();
    try {
      while (this.#next < this.#waiting.length) {
        this.#waiting[this.#next++]?.();
        if (slice.isOver) break;
      }
    } finally {
      // Not at every step: moving what waits costs as much as is waiting.
      if (this.#next * 2 >= this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      if (this.#waiting.length > 0) setImmediate(() => this.#run());
    }
  }
}
