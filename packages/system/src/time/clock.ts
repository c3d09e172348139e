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
export const systemClock: Clock = machineClock(timer => timer.unref());

/** The machine's time, for a process that has nothing else to stay alive for: a pending timer keeps it alive. */
export const keepAliveClock: Clock = machineClock(timer => timer);

function machineClock(started: (timer: NodeJS.Timeout) => NodeJS.Timeout): Clock {
  return {
    now: () => Date.now(),
    after(ms, f) {
      let timer: NodeJS.Timeout;
      const wait = (left: number) => {
        const step = Math.min(Math.max(left, 0), longestMs);
        timer = started(setTimeout(() => (left > step ? wait(left - step) : f()), step));
      };
      wait(ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  };
}

/** A clock whose timers end together, with what they are for. */
export interface ScopedClock extends Clock {
  /** Cancels all that is pending; what is asked for later never runs. */
  end(): void;
}

/** The same time, for something that ends before the process does. */
export function scopedClock(clock: Clock): ScopedClock {
  const pending = new Set<() => void>();
  let ended = false;
  return {
    now: () => clock.now(),
    random: () => clock.random(),
    after(ms, f) {
      if (ended) return () => undefined;
      const cancel = clock.after(ms, () => {
        pending.delete(cancel);
        f();
      });
      pending.add(cancel);
      return () => {
        pending.delete(cancel);
        cancel();
      };
    },
    end() {
      ended = true;
      for (const cancel of pending) cancel();
      pending.clear();
    },
  };
}

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
