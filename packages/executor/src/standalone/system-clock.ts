import type { Clock } from '@meseta/tasks';

const longestMs = 2 ** 31 - 1;

/** The machine's time. Timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, f) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const part = Math.min(Math.max(left, 0), longestMs); // above it Node would fire at once
      timer = setTimeout(() => (left > part ? wait(left - part) : f()), part);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
