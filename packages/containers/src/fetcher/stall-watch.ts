/** A server has sent nothing for the time of a watch. */
export class StallError extends Error {
  override readonly name = 'StallError';
}

/** Notices that nothing has come for a time. The time in which what came is written to a slow disk does not count. */
export class StallWatch {
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout | undefined;
  #resets = 0;
  /** The number of works under way, and one more when it is closed. */
  #holds = 0;

  constructor(timeoutMs: number, onStall: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
    this.#release();
  }

  /** Begins to count anew, unless something holds it. */
  reset(): void {
    this.#resets++;
    this.#timer?.refresh();
  }

  /** Does not count during some work. @returns the work's result. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.close();
    try {
      return await work;
    } finally {
      this.#holds--;
      this.#release();
    }
  }

  close(): void {
    this.#holds++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #release(): void {
    if (this.#holds === 0) this.#timer = setTimeout(() => this.#expire(), this.#timeoutMs);
  }

  /** Gives what came while this process stood still the time to be read: timers are called before sockets are read. */
  #expire(): void {
    const resets = this.#resets;
    setImmediate(() => {
      if (this.#resets === resets && this.#holds === 0) this.#onStall();
    });
  }
}
