/** Limits how much work runs at a time. Other work waits in order of arrival. */
export class Gate {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs the work when the limit allows it. @returns undefined when `signal` was aborted before that. */
  async pass<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    if (!(await this.#enter(signal))) return undefined;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted) return false;
    if (this.#inside < this.#limit) {
      this.#inside++;
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
    if (next === undefined) this.#inside--;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
