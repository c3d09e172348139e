/** Slows down clients that guess secrets. */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { PeerAddress } from '@meseta/process';
import type { Clock } from '@meseta/system';

/** So many wrong attempts of one address in a row cost nothing: people mistype. */
const freeAttempts = 5;
/** One wrong attempt is forgotten after each of these times. */
const forgetMs = 10_000;
/** The pause before the first attempt that is slowed down; it doubles with every further wrong one. */
const firstPauseMs = 100;
const longestPauseMs = 8000;
/** As many attempts of one address may wait at a time, and of all. */
const waitingOfAddress = 8;
const waitingOfAll = 1000;
/** As many addresses are remembered, and senders of each who authenticated while others were wrong. */
const addresses = 10_000;
const knownOfAddress = 16;
/** As many connections are remembered on which somebody has authenticated. */
const connections = 10_000;

/** The other end of a connection. */
type Peer = Pick<PeerAddress, 'address' | 'port'>;

/** What is remembered of an address. */
interface Suspect {
  /** Wrong attempts that are not forgotten, at `at`. */
  wrong: number;
  at: number;
  waiting: number;
  /** Digests of what authenticated in spite of it: these senders need not wait again. */
  readonly known: Set<string>;
}

/**
 * Whether an attempt may be looked at: `now`, `later` after a pause, or `never` because as many wait already. A right
 * attempt cannot be told from a wrong one by how long its answer takes, because the pause comes before it is looked at.
 */
export type Turn = 'now' | 'never' | { readonly later: Promise<void> };

/**
 * Counts wrong attempts by address. After a few, further attempts of that address wait longer and longer; attempts of
 * other addresses do not. Senders behind the same address who have authenticated once go on without a pause, until so
 * many attempts wait that somebody must be guessing.
 *
 * An address of IPv6 stands for its network, of which one machine may have all addresses.
 */
export class GuessThrottle {
  readonly #clock: Clock;
  readonly #suspects = new Map<string, Suspect>();
  /** Digests of what authenticated, by the other end of the connection. */
  readonly #connections = new Map<string, string>();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells when an attempt may be looked at. @param credential what the client sent, for senders that are known. */
  turn(peer: Peer, credential: string): Turn {
    if (this.#suspects.size === 0) return 'now';
    const suspect = this.#suspects.get(networkOf(peer.address));
    if (suspect === undefined) return 'now';
    this.#forget(suspect);
    if (suspect.wrong < freeAttempts) return 'now';
    if (this.#isKnownConnection(peer, credential)) return 'now';
    if (suspect.waiting >= waitingOfAddress || this.#waiting >= waitingOfAll) return 'never';
    if (suspect.known.has(digestOf(credential))) return 'now';
    return { later: this.#pause(suspect) };
  }

  /** Notes a wrong attempt. @returns true when attempts of this address are slowed down from now on. */
  wrong(peer: Peer): boolean {
    this.#connections.delete(connectionOf(peer));
    const network = networkOf(peer.address);
    const suspect = this.#suspects.get(network) ?? { wrong: 0, at: this.#clock.now(), waiting: 0, known: new Set() };
    this.#forget(suspect);
    suspect.wrong++;
    // The map keeps the order of insertion: the one that was quiet for the longest time comes first.
    this.#suspects.delete(network);
    this.#suspects.set(network, suspect);
    if (this.#suspects.size > addresses) this.#drop();
    return suspect.wrong === freeAttempts;
  }

  /** Notes a right attempt. */
  right(peer: Peer, credential: string): void {
    this.#keepConnection(peer, credential);
    if (this.#suspects.size === 0) return;
    const network = networkOf(peer.address);
    const suspect = this.#suspects.get(network);
    if (suspect === undefined) return;
    this.#forget(suspect);
    if (suspect.wrong === 0 && suspect.waiting === 0) this.#suspects.delete(network);
    else if (suspect.known.size < knownOfAddress) suspect.known.add(digestOf(credential));
  }

  #keepConnection(peer: Peer, credential: string): void {
    const connection = connectionOf(peer);
    if (this.#connections.has(connection)) return;
    this.#connections.set(connection, digestOf(credential));
    if (this.#connections.size <= connections) return;
    const [oldest] = this.#connections.keys();
    if (oldest !== undefined) this.#connections.delete(oldest);
  }

  #isKnownConnection(peer: Peer, credential: string): boolean {
    const connection = connectionOf(peer);
    const digest = this.#connections.get(connection);
    if (digest === undefined) return false;
    if (digest === digestOf(credential)) return true;
    this.#connections.delete(connection);
    return false;
  }

  /** The pause goes on when the client leaves: others may not come in its place. */
  #pause(suspect: Suspect): Promise<void> {
    suspect.waiting++;
    this.#waiting++;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(suspect.wrong - freeAttempts, 30));
    return new Promise(resolve => {
      this.#clock.after(pauseMs, () => {
        suspect.waiting--;
        this.#waiting--;
        resolve();
      });
    });
  }

  #forget(suspect: Suspect): void {
    const now = this.#clock.now();
    const forgotten = Math.floor((now - suspect.at) / forgetMs);
    if (forgotten <= 0) {
      suspect.at = Math.min(suspect.at, now); // the clock was set back
      return;
    }
    suspect.wrong = Math.max(0, suspect.wrong - forgotten);
    suspect.at = suspect.wrong === 0 ? now : suspect.at + forgotten * forgetMs;
  }

  #drop(): void {
    for (const [network, { waiting }] of this.#suspects) {
      if (waiting > 0) continue;
      this.#suspects.delete(network);
      return;
    }
  }
}

const connectionOf = ({ address, port }: Peer) => `${address} ${port}`;

/** Returns an IPv4 address as it is, and of an IPv6 address its first 64 bits. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [left = '', right] = address.split('::');
  const groups = left.split(':').filter(group => group !== '');
  const last = right?.split(':').filter(group => group !== '').length ?? 0;
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last) }, () => '0');
  return [...groups, ...zeros].slice(0, 4).join(':');
}

function digestOf(credential: string): string {
  return createHash('sha256').update(credential).digest('base64');
}
