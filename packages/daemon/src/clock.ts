/** Time and chance as a daemon sees them: real when it runs, moved by hand in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Runs `f` once, not before `ms` milliseconds from now. Any finite time is fine, also beyond what the platform's
   * timers can wait. A pending timer does not keep the process alive.
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

/** Repeats `f` until cancelled, `ms` from the end of one run to the next. */
export function every(clock: Clock, ms: number, f: () => void): () => void {
  let stopped = false;
  let cancel: () => void = () => undefined;
  const next = () => {
    cancel = clock.after(ms, () => {
      f();
      if (!stopped) next();
    });
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
}
