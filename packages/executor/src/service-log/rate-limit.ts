/** Limits entries to a number a second, as a token bucket that holds the tokens of one second. */
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

  /** Takes a token. @returns false when there is none left, so that the entry is to be dropped. */
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
