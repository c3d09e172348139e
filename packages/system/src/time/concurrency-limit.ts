/** Limits how much work runs at a time. Other work waits in order of arrival. */
export class ConcurrencyLimit {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Runs the work when the limit allows it.
   *
   * @param signal ends the wait for that, not the work.
   * @returns what the work returns; undefined when `signal` was aborted before the work began.
   */
  async run<T>(work: () => Promise<T>): Promise<T>;
  async run<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined>;
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    if (!(await this.#enter(signal))) return undefined;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted) return false;
    if (this.#running < this.#limit) {
      this.#running++;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const enter = () => resolve(true);
    const discard = () => {
      if (this.#waiting.delete(enter)) resolve(false);
    };
    this.#waiting.add(enter);
    signal?.addEventListener('abort', discard, { once: true });
    const entered = await promise;
    signal?.removeEventListener('abort', discard);
    return entered;
  }

  /** Starts the next waiting work. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#running--;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
