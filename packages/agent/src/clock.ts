/** Time and chance as the agent sees them: real in a daemon, moved by hand in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Runs `f` once, not before `ms` milliseconds from now; any finite time is fine. A pending timer does not keep the
   * process alive.
   *
   * @returns cancels; harmless when it ran already.
   */
  after(ms: number, f: () => void): () => void;
  /** A number of [0, 1). */
  random(): number;
}

/** The longest wait of one platform timer: above it Node would fire at once. */
const longestMs = 2 ** 31 - 1;

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, f) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const step = Math.min(Math.max(left, 0), longestMs);
      timer = setTimeout(() => (left > step ? wait(left - step) : f()), step);
      timer.unref();
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
