/** Makes who guesses secrets slower, address by address. Others do not wait. Pure. */

/** Failures of one address that slow nothing down: passwords are mistyped, and agents are misconfigured. */
const freeFailures = 5;
/** The pause after the first one more; it doubles with each, up to the longest. Peers wait for at least 5 s. */
const firstPauseMs = 250;
const longestPauseMs = 4000;
/** Each of them is forgotten after this time. */
const forgottenMs = 10_000;
/** More failures than these make it no slower, so that it does not stay slow for long. */
const mostFailures = 12;
/** Answers that would have to wait longer than this do not wait at all. */
const longestWaitMs = 10_000;
/** How many addresses are remembered; the one that failed first is forgotten first. */
const mostAddresses = 10_000;

interface Failures {
  /** Not forgotten yet, at `atMs`; not a whole number. */
  readonly count: number;
  readonly atMs: number;
  /** When the next answer of the address is looked at. */
  readonly nextMs: number;
}

/** The failures of the addresses of peers. An IPv6 address counts as its network of 64 bits, which one machine has. */
export class FailurePace {
  readonly #failures = new Map<string, Failures>();

  /** Returns how many addresses have failures that are not forgotten yet. */
  count(nowMs: number): number {
    this.#forget(nowMs);
    return this.#failures.size;
  }

  /**
   * Returns how many milliseconds an answer from that address has to wait before it is looked at, and lets the next one
   * wait longer; undefined when too many are waiting.
   */
  reserve(address: string, nowMs: number): number | undefined {
    if (this.#failures.size === 0) return 0;
    const key = networkOf(address);
    const failures = this.#failures.get(key);
    if (failures === undefined) return 0;
    const pause = pauseMs(left(failures, nowMs));
    if (pause === 0) return 0;
    const at = Math.max(nowMs, failures.nextMs);
    if (at - nowMs > longestWaitMs) return undefined;
    this.#failures.set(key, { ...failures, nextMs: at + pause });
    return at - nowMs;
  }

  /** Counts a wrong answer. */
  failed(address: string, nowMs: number): void {
    const key = networkOf(address);
    const old = this.#failures.get(key);
    const count = Math.min((old ? left(old, nowMs) : 0) + 1, mostFailures);
    const nextMs = Math.max(old?.nextMs ?? 0, nowMs + pauseMs(count));
    this.#failures.delete(key);
    this.#failures.set(key, { count, atMs: nowMs, nextMs });
    this.#forget(nowMs);
  }

  #forget(nowMs: number): void {
    for (const [address, failures] of this.#failures) {
      if (this.#failures.size <= mostAddresses && left(failures, nowMs) > 0) return;
      this.#failures.delete(address);
    }
  }
}

function left({ count, atMs }: Failures, nowMs: number): number {
  return Math.max(0, count - Math.max(0, nowMs - atMs) / forgottenMs);
}

function pauseMs(count: number): number {
  const more = Math.ceil(count) - freeFailures;
  return more <= 0 ? 0 : Math.min(firstPauseMs * 2 ** (more - 1), longestPauseMs);
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
}
