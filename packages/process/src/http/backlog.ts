/** A stream with more waiting data than it may have by itself. */
export interface Debtor {
  /** When its client last read something, or the stream began; in milliseconds of `performance.now()`. */
  readonly lastReadMs: number;
  /** Ends the stream because its client does not read fast enough. It releases its share. */
  overflow(): void;
}

/**
 * Memory that event streams share for bursts, so that a client that reads is not disconnected because a few large
 * events came at once. All streams together use no more than this. When it is used up, the stream whose client has read
 * nothing for the longest time is ended.
 */
export class Backlog {
  readonly #limitBytes: number;
  readonly #debts = new Map<Debtor, number>();
  #bytes = 0;

  /** @param limitBytes the limit of all streams together, beyond each stream's own limit. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The number of bytes in use. */
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

/** The backlog of this process. */
export const sharedBacklog = new Backlog(256 * 1024 * 1024);
