/** The source of time and randomness: real in a daemon, controlled by the test in tests. */
export interface Clock {
  /** Milliseconds since the epoch: what time it is. An operator or NTP may set it, by hours and in both directions. */
  now(): number;
  /**
   * Milliseconds since some moment, of a clock that is never set: how long something takes, or how long ago it was. Means nothing in
   * another process.
   */
  steady(): number;
  /**
   * Calls `f` once, not before `ms` milliseconds from now. Any finite time is allowed, also one beyond the limit of the
   * platform's timers. A pending timer does not keep the process running.
   *
   * @returns a function that cancels the timer; harmless when it has expired.
   */
  after(ms: number, f: () => void): () => void;
  /** Returns a random number in [0, 1). */
  random(): number;
}

/** The longest time of one platform timer: with a longer one, Node.js would call back at once. */
const longestMs = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = machineClock(timer => timer.unref());

/**
 * The clock of the machine, for a process that has nothing else to keep it running: a pending timer keeps it running.
 */
export const keepAliveClock: Clock = machineClock(timer => timer);

function machineClock(started: (timer: NodeJS.Timeout) => NodeJS.Timeout): Clock {
  return {
    now: () => Date.now(),
    steady: () => performance.now(),
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

/** A clock whose timers can be cancelled together. */
export interface ScopedClock extends Clock {
  /** Cancels all pending timers. Later timers never expire. */
  end(): void;
}

/** Makes a clock with the same time, for a part of the process that ends earlier. */
export function scopedClock(clock: Clock): ScopedClock {
  const pending = new Set<() => void>();
  let ended = false;
  return {
    now: () => clock.now(),
    steady: () => clock.steady(),
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

/** Repeats `f` until it is cancelled, with `ms` between the end of one run and the start of the next. */
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

/** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
export async function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const stop = () => resolve();
  signal?.addEventListener('abort', stop, { once: true });
  await promise;
  cancel();
  signal?.removeEventListener('abort', stop);
}

/**
 * Waits for work, but no longer than `ms` milliseconds.
 *
 * @returns false when the time was up first; the work goes on.
 * @throws what the work throws before that.
 */
export async function endsWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const cancel = clock.after(ms, () => resolve(false));
  try {
    return await Promise.race([work.then(() => true as const), promise]);
  } finally {
    cancel();
  }
}
