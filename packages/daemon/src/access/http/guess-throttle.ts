/** Slows down clients that guess secrets. */
import { createHash } from 'node:crypto';
import { networkOf, type PeerAddress, WrongAttempts } from '@meseta/process';
import type { Clock } from '@meseta/system';

const slowdown = { free: 4, firstPauseMs: 100, longestPauseMs: 8000 };
/** As many attempts of one address may wait at a time, and of all. */
const waitingOfAddress = 8;
const waitingOfAll = 1000;
/** As many senders of an address are remembered who authenticated while others were wrong. */
const knownOfAddress = 16;
/** As many connections are remembered on which a client has authenticated. */
const connections = 10_000;

/** The other end of a connection. */
type Peer = Pick<PeerAddress, 'address' | 'port'>;

/**
 * Whether an attempt may be looked at: `now`, `later` after a pause, or `never` because as many wait already. A right
 * attempt cannot be told from a wrong one by how long its answer takes, because the pause comes before it is looked at.
 */
export type Turn = 'now' | 'never' | { readonly later: Promise<void> };

/**
 * Counts wrong attempts by address. After a few, further attempts of that address wait longer and longer; attempts of
 * other addresses do not. Senders behind the same address who have authenticated once go on without a pause, until so
 * many attempts wait that passwords must be guessed.
 */
export class GuessThrottle {
  readonly #clock: Clock;
  readonly #wrong = new WrongAttempts(slowdown, network => this.#known.delete(network));
  /** Digests of what authenticated in spite of wrong attempts, by network: these senders need not wait again. */
  readonly #known = new Map<string, Set<string>>();
  /** How many attempts wait, by network. */
  readonly #waitingOf = new Map<string, number>();
  /** Digests of what authenticated, by the other end of the connection. */
  readonly #connections = new Map<string, string>();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells when an attempt may be looked at. @param credential what the client sent, for senders that are known. */
  turn(peer: Peer, credential: string): Turn {
    if (this.#wrong.isEmpty) return 'now';
    const network = networkOf(peer.address);
    const pauseMs = this.#wrong.pauseMs(network, this.#clock.steady());
    if (pauseMs === 0) return 'now';
    if (this.#isKnownConnection(peer, credential)) return 'now';
    const waiting = this.#waitingOf.get(network) ?? 0;
    if (waiting >= waitingOfAddress || this.#waiting >= waitingOfAll) return 'never';
    if (this.#known.get(network)?.has(digestOf(credential))) return 'now';
    return { later: this.#pause(network, pauseMs) };
  }

  /** Notes a wrong attempt. @returns true when attempts of this address are slowed down from now on. */
  wrong(peer: Peer): boolean {
    this.#connections.delete(connectionOf(peer));
    const network = networkOf(peer.address);
    const now = this.#clock.steady();
    const wasSlow = this.#wrong.pauseMs(network, now) > 0;
    this.#wrong.add(network, now);
    return !wasSlow && this.#wrong.pauseMs(network, now) > 0;
  }

  /** Notes a right attempt. */
  right(peer: Peer, credential: string): void {
    this.#keepConnection(peer, credential);
    if (this.#wrong.isEmpty) return;
    const network = networkOf(peer.address);
    if (!this.#wrong.has(network, this.#clock.steady())) return;
    const known = this.#known.get(network) ?? new Set();
    this.#known.set(network, known);
    if (known.size < knownOfAddress) known.add(digestOf(credential));
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
  #pause(network: string, pauseMs: number): Promise<void> {
    this.#wait(network, 1);
    return new Promise(resolve => {
      this.#clock.after(pauseMs, () => {
        this.#wait(network, -1);
        resolve();
      });
    });
  }

  #wait(network: string, change: 1 | -1): void {
    this.#waiting += change;
    const waiting = (this.#waitingOf.get(network) ?? 0) + change;
    if (waiting === 0) this.#waitingOf.delete(network);
    else this.#waitingOf.set(network, waiting);
  }
}

const connectionOf = ({ address, port }: Peer) => `${address} ${port}`;

function digestOf(credential: string): string {
  return createHash('sha256').update(credential).digest('base64');
}
