import type { Filters } from '@meseta/protocol';

const defaultRefuseSeconds = 5;
const longestRefuseSeconds = 365 * 24 * 60 * 60;

/** When a filter expires: not before its time, and not before the next run over all agents has respected it. */
export interface Expiry {
  /** Milliseconds of the allocator's clock. */
  readonly atMs: number;
  /** The number of runs over all agents that must have ended before. */
  readonly batches: number;
}

/** The allocator's present. */
export interface Moment {
  readonly nowMs: number;
  readonly batches: number;
}

/** What a clock of refusals needs. */
interface RefusalClockOptions {
  /** Milliseconds; only differences matter. */
  readonly now: () => number;
  /** No refusal ends before. */
  readonly allocationIntervalMs: number;
}

/** The time of refusals, which counts in milliseconds and in runs over all agents. */
export class RefusalClock {
  readonly #options: RefusalClockOptions;
  #batches = 0;

  constructor(options: RefusalClockOptions) {
    this.#options = options;
  }

  get moment(): Moment {
    return { nowMs: this.#options.now(), batches: this.#batches };
  }

  /** Ends a run over all agents. */
  endBatch(): void {
    this.#batches++;
  }

  /** Returns when a refusal of now expires; undefined when it is none. @param filters of the call that refuses. */
  expiryOf(filters: Filters | undefined): Expiry | undefined {
    const refusedMs = filters ? refusalMs(filters.refuse_seconds) : 0;
    if (refusedMs === 0) return undefined;
    const { now, allocationIntervalMs } = this.#options;
    return { atMs: now() + Math.max(refusedMs, allocationIntervalMs), batches: this.#batches + 1 };
  }
}

/**
 * Returns how long a refusal holds, in milliseconds; 0 when there is to be no filter. Negative, infinite and undefined
 * lengths are the default of 5 seconds, and more than a year is a year.
 *
 * @see Mesos src/master/allocator/mesos/hierarchical.cpp, recoverResources
 */
function refusalMs(refuseSeconds: number | undefined): number {
  const seconds = refuseSeconds ?? defaultRefuseSeconds;
  if (!(seconds >= 0 && seconds < Number.POSITIVE_INFINITY)) return defaultRefuseSeconds * 1000;
  return Math.min(seconds, longestRefuseSeconds) * 1000;
}
