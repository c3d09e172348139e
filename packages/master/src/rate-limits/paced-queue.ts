import { type Clock, Slice } from '@meseta/system';
import type { RateLimit } from './limits.ts';

interface Waiting {
  readonly work: () => void;
  /** Whether it takes a place of the capacity. */
  readonly counts: boolean;
}

/** How much lateness of timers is made up for, in milliseconds. What a master misses beyond that is lost. */
const longestCatchUpMs = 100;

/**
 * Runs work at a steady rate. Work of one key keeps its order; keys take turns, so that one with much work does not
 * keep the others waiting for all of it.
 *
 * @typeParam Key whose work it is.
 */
export class PacedQueue<Key> {
  /** How much work may wait. */
  readonly capacity: number;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #failed: (error: unknown) => void;
  /** The key whose turn it is comes first. */
  readonly #waiting = new Map<Key, Waiting[]>();
  #counted = 0;
  /** When the next work may run. */
  #next = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  /** @param failed receives errors of work that had to wait. */
  constructor({ qps, capacity }: RateLimit, clock: Clock, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#intervalMs = Math.min(1000 / qps, Number.MAX_SAFE_INTEGER);
    this.capacity = capacity;
    this.#failed = failed;
  }

  /** How much work waits, what came by `pushAfter` left out. */
  get length(): number {
    return this.#counted;
  }

  /** Runs work when it is its turn, at once when nothing waits. @returns whether there was room for it. */
  push(key: Key, work: () => void): boolean {
    if (this.#counted >= this.capacity) return false;
    const now = this.#clock.steady();
    if (this.#waiting.size === 0 && this.#next <= now) {
      this.#next = now + this.#intervalMs;
      work();
      return true;
    }
    this.#add(key, { work, counts: true });
    return true;
  }

  /** Runs work after all that the key has waiting. It needs no room. */
  pushAfter(key: Key, work: () => void): void {
    if (this.#waiting.has(key)) this.#add(key, { work, counts: false });
    else work();
  }

  /** Drops everything that waits. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting.clear();
    this.#counted = 0;
  }

  #add(key: Key, waiting: Waiting): void {
    const queue = this.#waiting.get(key);
    if (queue) queue.push(waiting);
    else this.#waiting.set(key, [waiting]);
    if (waiting.counts) this.#counted += 1;
    this.#wait();
  }

  #wait(): void {
    if (this.#cancel || this.#waiting.size === 0) return;
    const waitMs = Math.max(this.#next - this.#clock.steady(), 0);
    this.#cancel = this.#clock.after(waitMs, () => {
      this.#cancel = undefined;
      this.#runDue();
      this.#wait();
    });
  }

  #runDue(): void {
    const now = this.#clock.steady();
    const slice = new Slice();
    this.#next = Math.max(this.#next, now - longestCatchUpMs);
    while (this.#next <= now && this.#waiting.size > 0 && !slice.isOver) {
      this.#next += this.#intervalMs;
      this.#runFirst();
    }
  }

  #runFirst(): void {
    const [first] = this.#waiting;
    if (!first) return;
    const [key, queue] = first;
    const one = queue.shift();
    this.#waiting.delete(key);
    if (queue.length > 0) this.#waiting.set(key, queue);
    if (one?.counts) this.#counted -= 1;
    try {
      one?.work();
    } catch (error) {
      this.#failed(error);
    }
  }
}
