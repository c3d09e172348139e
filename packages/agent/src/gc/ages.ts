import type { Clock } from '@meseta/system';

/** A difference of both clocks that is less comes from a clock that is adjusted slowly, as NTP does it. In milliseconds. */
const leastJumpMs = 10_000;

/** The time of the machine was set forward. */
interface Jump {
  /** What time it was then. */
  readonly beforeMs: number;
  readonly byMs: number;
}

/**
 * Computes how old files are by their times of change. When the time of the machine is set forward, by NTP some time after its start
 * for example, what was changed before does not get older by that. What looks as if it would be changed in the future is new.
 */
export class Ages {
  readonly #clock: Pick<Clock, 'now' | 'steady'>;
  /** What time it was when the steady clock was at 0. */
  #epochMs: number;
  #jumps: readonly Jump[] = [];

  constructor(clock: Pick<Clock, 'now' | 'steady'>) {
    this.#clock = clock;
    this.#epochMs = clock.now() - clock.steady();
  }

  /** Returns how long ago a file was changed, in milliseconds. @param changedMs when that was, milliseconds since the epoch. */
  of(changedMs: number): number {
    this.#look();
    const sinceJumps = this.#jumps.filter(({ beforeMs }) => changedMs <= beforeMs);
    const setMs = sinceJumps.reduce((sum, { byMs }) => sum + byMs, 0);
    return Math.max(0, this.#clock.now() - changedMs - setMs);
  }

  #look(): void {
    const now = this.#clock.now();
    const epochMs = now - this.#clock.steady();
    const byMs = epochMs - this.#epochMs;
    this.#epochMs = epochMs;
    if (byMs >= leastJumpMs) this.#jumps = [...this.#jumps, { beforeMs: now - byMs, byMs }];
    else if (byMs <= -leastJumpMs) this.#jumps = withoutLast(this.#jumps, -byMs);
  }
}

/** Returns the jumps when the clock was set back: as far as that undoes them, they are none. */
function withoutLast(jumps: readonly Jump[], backMs: number): readonly Jump[] {
  const last = jumps.at(-1);
  if (!last) return jumps;
  const others = jumps.slice(0, -1);
  return last.byMs > backMs
    ? [...others, { ...last, byMs: last.byMs - backMs }]
    : withoutLast(others, backMs - last.byMs);
}
