/** So many a second, and as many at once: a bucket that fills evenly. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #atMs: number;

  /** @param perSecond 0: no limit. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#atMs = nowMs;
  }

  /** Whether one more may pass. */
  take(nowMs: number): boolean {
    if (this.#perSecond === 0) return true;
    const gained = ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + Math.max(0, gained));
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
