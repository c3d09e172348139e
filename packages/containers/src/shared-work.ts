interface Running<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Runs a piece of work once for all who want its result at the same time. One that does not want it any more stops
 * waiting at once, except the last one: the work is aborted, and its end is waited for.
 */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();
  readonly #cancelled: () => Error;

  /** @param cancelled creates the error of one who does not want the result any more. */
  constructor(cancelled: () => Error) {
    this.#cancelled = cancelled;
  }

  /** Tells whether there is work to wait for. */
  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /**
   * Runs the work, or waits for the one of the same key that is running.
   *
   * @param work is aborted by its signal. What it has begun, it cleans up itself.
   * @throws what the work throws; the error of `cancelled`, when `signal` is aborted.
   */
  async run(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw this.#cancelled();
    const running = this.#running.get(key) ?? this.#start(key, work);
    running.waiting++;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(this.#cancelled());
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([running.result, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
      if (--running.waiting === 0) await this.#stop(key, running);
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController();
    const running: Running<T> = { result: work(controller.signal), controller, waiting: 0 };
    const forget = () => this.#forget(key, running);
    running.result.then(forget, forget);
    this.#running.set(key, running);
    return running;
  }

  /** Work of the same key that starts from now on starts anew. */
  async #stop(key: string, running: Running<T>): Promise<void> {
    this.#forget(key, running);
    running.controller.abort(this.#cancelled());
    await running.result.catch(() => undefined); // no caller wants it any more
  }

  #forget(key: string, running: Running<T>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
