/** Slows down those who guess secrets, address by address. Others do not wait. Pure. */

/** How wrong attempts slow an address down. */
export interface Slowdown {
  /** So many wrong attempts cost nothing: people mistype, and clients are misconfigured. */
  readonly free: number;
  /** The pause after the first one more, in milliseconds; it doubles with each, up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** One wrong attempt is forgotten after each of these times. */
const forgottenMs = 10_000;
/** More wrong attempts than these make it no slower, so that an address does not stay slow for long. */
const most = 12;
/** How many addresses are remembered; the one that was quiet for the longest time is forgotten first. */
const mostAddresses = 10_000;

interface Wrong {
  /** Not forgotten yet, at `atMs`; not a whole number. */
  readonly count: number;
  readonly atMs: number;
}

/**
 * Counts wrong attempts by address. An address of IPv6 stands for its network of 64 bits, of which one machine may have
 * all addresses.
 */
export class WrongAttempts {
  readonly #slowdown: Slowdown;
  readonly #forgotten: (network: string) => void;
  /** In the order of the latest wrong attempts. */
  readonly #wrong = new Map<string, Wrong>();

  /** @param forgotten gets each network of which nothing is remembered any more. */
  constructor(slowdown: Slowdown, forgotten: (network: string) => void = () => undefined) {
    this.#slowdown = slowdown;
    this.#forgotten = forgotten;
  }

  /** Whether nothing at all is remembered. */
  get isEmpty(): boolean {
    return this.#wrong.size === 0;
  }

  /** Returns how many networks have wrong attempts that are not forgotten yet. */
  count(nowMs: number): number {
    this.#forget(nowMs);
    return this.#wrong.size;
  }

  /** Whether a network has any. */
  has(network: string, nowMs: number): boolean {
    return this.#left(network, nowMs) > 0;
  }

  /** Returns how long the next attempt of a network has to wait, in milliseconds; 0 while it is not slowed down. */
  pauseMs(network: string, nowMs: number): number {
    const { free, firstPauseMs, longestPauseMs } = this.#slowdown;
    const more = Math.ceil(this.#left(network, nowMs)) - free;
    return more <= 0 ? 0 : Math.min(firstPauseMs * 2 ** (more - 1), longestPauseMs);
  }

  /** Counts a wrong attempt. */
  add(network: string, nowMs: number): void {
    const count = Math.min(this.#left(network, nowMs) + 1, most);
    this.#wrong.delete(network);
    this.#wrong.set(network, { count, atMs: nowMs });
    this.#forget(nowMs);
  }

  #left(network: string, nowMs: number): number {
    const wrong = this.#wrong.get(network);
    if (wrong === undefined) return 0;
    // The clock was set back: nothing is forgotten by that, and what is forgotten later begins now.
    if (nowMs < wrong.atMs) this.#wrong.set(network, { ...wrong, atMs: nowMs });
    return left(wrong, nowMs);
  }

  #forget(nowMs: number): void {
    for (const [network, wrong] of this.#wrong) {
      if (this.#wrong.size <= mostAddresses && left(wrong, nowMs) > 0) return;
      this.#wrong.delete(network);
      this.#forgotten(network);
    }
  }
}

function left({ count, atMs }: Wrong, nowMs: number): number {
  return Math.max(0, count - Math.max(0, nowMs - atMs) / forgottenMs);
}

/** Returns an IPv4 address as it is, and of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
}
