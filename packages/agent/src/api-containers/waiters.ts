/** Clients that wait for one event. One that goes away leaves nothing behind, however long the event takes. */
export class Waiters<T> {
  readonly #waiting = new Set<(value: T) => void>();

  /** The number of those that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves with the value of the event; with undefined when `signal` is aborted before. */
  wait(signal: AbortSignal): Promise<T | undefined> {
    return new Promise(resolve => {
      if (signal.aborted) return resolve(undefined);
      const leave = () => {
        this.#waiting.delete(done);
        resolve(undefined);
      };
      const done = (value: T) => {
        signal.removeEventListener('abort', leave);
        resolve(value);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(done);
    });
  }

  /** The event happened. */
  resolve(value: T): void {
    for (const done of this.#waiting) done(value);
    this.#waiting.clear();
  }
}
