import { networkOf, WrongAttempts } from '../guesses/wrong-attempts.ts';

/** Peers wait for an answer for at least 5 s. */
const slowdown = { free: 5, firstPauseMs: 250, longestPauseMs: 4000 };
/** Answers that would have to wait longer than this do not wait at all. */
const longestWaitMs = 10_000;

/** When the answers of peers are looked at: those of an address that fails again and again one after the other. Pure. */
export class FailurePace {
  /** When the next answer of a network is looked at. */
  readonly #next = new Map<string, number>();
  readonly #wrong = new WrongAttempts(slowdown, network => this.#next.delete(network));

  /** Returns how many addresses have failures that are not forgotten yet. */
  count(nowMs: number): number {
    return this.#wrong.count(nowMs);
  }

  /**
   * Returns how many milliseconds an answer from that address has to wait before it is looked at, and lets the next one
   * wait longer; undefined when too many are waiting.
   */
  reserve(address: string, nowMs: number): number | undefined {
    if (this.#wrong.isEmpty) return 0;
    const network = networkOf(address);
    const pauseMs = this.#wrong.pauseMs(network, nowMs);
    if (pauseMs === 0) return 0;
    const atMs = Math.max(nowMs, this.#next.get(network) ?? 0);
    if (atMs - nowMs > longestWaitMs) return undefined;
    this.#next.set(network, atMs + pauseMs);
    return atMs - nowMs;
  }

  /** Counts a wrong answer. */
  failed(address: string, nowMs: number): void {
    const network = networkOf(address);
    this.#wrong.add(network, nowMs);
    const pauseMs = this.#wrong.pauseMs(network, nowMs);
    if (pauseMs > 0) this.#next.set(network, Math.max(this.#next.get(network) ?? 0, nowMs + pauseMs));
  }
}
