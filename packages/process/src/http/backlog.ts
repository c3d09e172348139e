/** A stream with more waiting for its client than it may have without regard to others. */
export interface Debtor {
  /** When its client last read something, or the stream began; in milliseconds of `performance.now()`. */
  readonly lastReadMs: number;
  /** Ends it because its client does not read fast enough. It releases what it had. */
  overflow(): void;
}

/**
 * Room that event streams share for bursts: a client that reads is not cut off because a few large events came at once,
 * and all together hold no more than this. When it is used up, the stream whose client has read nothing for longest ends.
 */
export class Backlog {
  readonly #limitBytes: number;
  readonly #debts = new Map<Debtor, number>();
  #bytes = 0;

  /** @param limitBytes of all streams together, beyond what each may have waiting by itself. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Sets how much a stream has waiting beyond its own limit; 0 when it has ended. May end this stream or others.
   */
  set(debtor: Debtor, bytes: number): void {
    this.#bytes += bytes - (this.#debts.get(debtor) ?? 0);
    if (bytes > 0) this.#debts.set(debtor, bytes);
    else this.#debts.delete(debtor);
    while (this.#bytes > this.#limitBytes) {
      const [first, ...others] = this.#debts.keys();
      if (first === undefined) return;
      others.reduce((slowest, each) => (each.lastReadMs < slowest.lastReadMs ? each : slowest), first).overflow();
    }
  }
}

/** That of this process. */
export const sharedBacklog = new Backlog(256 * 1024 * 1024);
