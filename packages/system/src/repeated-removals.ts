import { type Clock, systemClock } from './time/clock.ts';

const [firstPauseMs, longestPauseMs] = [100, 10_000];

/** What {@link RepeatedRemovals} removes. */
export interface RepeatedRemovalsOptions<Key> {
  /** Removes what is kept under a key. Rejects when that fails, but not when nothing is there. */
  readonly remove: (key: Key) => Promise<void>;
  /** Called when a removal has failed, once for each key: it is tried again. */
  readonly onRefused: (key: Key, error: Error) => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/**
 * Removes what is kept of things that are gone, each under its key. When the disk refuses that, it is tried again with growing
 * pauses until it is done, while everything else goes on. What is left when this is closed, the next process has to find.
 */
export class RepeatedRemovals<Key extends string> {
  readonly #options: RepeatedRemovalsOptions<Key>;
  readonly #clock: Clock;
  readonly #running = new Map<Key, Promise<void>>();
  readonly #refused = new Set<Key>();
  #pauseMs = firstPauseMs;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: RepeatedRemovalsOptions<Key>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Removes what is kept under a key. Never rejects. Resolves after the first try; others follow if it fails. */
  remove(key: Key): Promise<void> {
    const running = this.#running.get(key);
    if (running) return running;
    const tried = this.#try(key);
    this.#running.set(key, tried);
    return tried;
  }

  /**
   * To be called before something is kept again under a key that may have been removed: no earlier removal touches it then. One that
   * was refused is tried for the last time.
   *
   * @returns when that is over; undefined when there is nothing to wait for. Never rejects.
   */
  reuse(key: Key): Promise<void> | undefined {
    return this.#running.has(key) || this.#refused.has(key) ? this.#giveUp(key) : undefined;
  }

  /** Tries nothing again. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #try(key: Key): Promise<void> {
    try {
      await this.#options.remove(key);
      this.#refused.delete(key);
    } catch (error) {
      if (!this.#refused.has(key)) this.#options.onRefused(key, error as Error);
      this.#refused.add(key);
      this.#again();
    } finally {
      this.#running.delete(key);
    }
  }

  async #giveUp(key: Key): Promise<void> {
    for (let running = this.#running.get(key); running; running = this.#running.get(key)) await running;
    if (!this.#refused.delete(key)) return;
    await this.#options.remove(key).catch(() => undefined); // what is kept next takes its place, or says what is in the way
  }

  #again(): void {
    if (this.#closed || this.#cancel) return;
    this.#cancel = this.#clock.after(this.#pauseMs, () => void this.#tryAll());
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  async #tryAll(): Promise<void> {
    for (const key of [...this.#refused]) {
      if (this.#closed) return;
      if (!this.#refused.has(key)) continue;
      await this.remove(key);
      if (!this.#refused.has(key)) this.#pauseMs = firstPauseMs; // the disk does what it should again
    }
    this.#cancel = undefined;
    if (this.#refused.size > 0) this.#again();
    else this.#pauseMs = firstPauseMs;
  }
}
