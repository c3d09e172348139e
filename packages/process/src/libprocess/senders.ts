import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ownerOfPeer } from '../owners/peer-owner.ts';
import type { Owners } from '../owners/socket-owners.ts';
import { Bindings } from './bindings.ts';
import { addressOf, type Pid } from './pid.ts';

/** How long the addresses of this machine are taken as known. */
const ADDRESSES_MS = 1000;
let addresses: ReadonlySet<string> = new Set();
let addressesUntil = 0;
/** How long it counts that nothing was found in the kernel's tables, which are no snapshot and may pass an entry over. */
const MISSED_MS = 100;

/** Tells whether an address is one of this machine's. */
export function isOwnAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=[0-9.]+$)/, '');
  if (plain.startsWith('127.') || plain === '::1') return true;
  if (performance.now() > addressesUntil) {
    const all = Object.values(networkInterfaces()).flatMap(list => list ?? []);
    addresses = new Set(all.map(each => each.address));
    addressesUntil = performance.now() + ADDRESSES_MS;
  }
  return addresses.has(plain);
}

/** Who owns a socket, as it was found last. */
interface Owner {
  uid: number | undefined;
  /** The time at which it is looked up again, if it was not found. */
  askAgainAtMs: number;
}

/** What the connections of one transport share. */
export class SenderCheck {
  readonly owners: Owners;
  /** Of the sockets that listen at an address; connections share them. */
  readonly listeners = new Map<string, Owner>();
  readonly bindings = new Bindings();
  readonly onError: (error: unknown) => void;
  readonly #now: () => number;

  /**
   * @param onError called when the kernel's tables cannot be read: what waits for them is refused then.
   * @param now milliseconds.
   */
  constructor(owners: Owners, onError: (error: unknown) => void, now: () => number) {
    this.owners = owners;
    this.onError = onError;
    this.#now = now;
  }

  /** Whether this counts as an answer still. */
  isKnown({ uid, askAgainAtMs }: Owner): boolean {
    return uid !== undefined || this.#now() < askAgainAtMs;
  }

  /** The time after which an unknown sender is looked up again. */
  askAgainAtMs(): number {
    return this.#now() + MISSED_MS;
  }
}

interface Waiting {
  readonly from: Pid;
  readonly take: () => void;
  readonly refuse: () => void;
  /** Taken when the sender is gone before it could be asked for: Mesos closes connections it makes for one message. */
  readonly mayHaveLeft: boolean;
}

/**
 * The senders that one connection speaks for. When it comes from this machine, its other end must belong to the user
 * who listens at the address that messages name as their sender, to root, or to this process's own user, who can do
 * anything to this process anyway. Asked once for a connection and an address, and again after a while when nothing was
 * found; messages wait for the answer in order.
 */
export class Senders {
  readonly #check: SenderCheck;
  readonly #socket: Socket;
  readonly #isLocal: boolean;
  readonly #listeners = new Map<string, Owner>();
  #waiting: Waiting[] = [];
  /** Of the other end. */
  readonly #peer: Owner = { uid: undefined, askAgainAtMs: Number.NEGATIVE_INFINITY };
  /** Whether the tables could be read and the other end was not in them. */
  #missed = false;
  #trusted = false;
  /** The last sender that was found to be right; most connections have one. */
  #last: Pid | undefined;
  #lastListener: Owner | undefined;

  constructor(check: SenderCheck, socket: Socket) {
    this.#check = check;
    this.#socket = socket;
    // Who reset the connection has no address any more, and no name to speak in either.
    this.#isLocal = socket.remoteAddress === undefined || isOwnAddress(socket.remoteAddress);
  }

  /** Whether a message of that sender is taken at once, because nothing has to be found out and nothing waits. */
  trust(from: Pid): boolean {
    if (!this.#isLocal) return true;
    return this.#trusted && this.#waiting.length === 0 && !this.#isExcluded(from);
  }

  /** Takes or refuses a message, now or when its sender is known. */
  deliver(message: Waiting): void {
    if (this.trust(message.from)) return message.take();
    if (this.#waiting.length > 0 || this.#isExcluded(message.from)) return this.#wait(message);
    const known = this.#verdict(message);
    if (known === undefined) this.#wait(message);
    else this.#act(message, known);
  }

  #wait(message: Waiting): void {
    this.#waiting.push(message);
    if (this.#waiting.length > 1) return;
    this.#socket.pause();
    void this.#work();
  }

  #isExcluded(from: Pid): boolean {
    return this.#check.bindings.excludes(from, this.#socket);
  }

  #act(message: Waiting, right: boolean): void {
    if (right) message.take();
    else message.refuse();
  }

  /** Undefined: it has to be asked for, for the first time or again. */
  #verdict({ from, mayHaveLeft }: Waiting): boolean | undefined {
    if (this.#trusted) return true;
    const { uid } = this.#peer;
    if (uid === undefined) return this.#check.isKnown(this.#peer) ? mayHaveLeft && this.#missed : undefined;
    const listener = from === this.#last ? this.#lastListener : this.#listeners.get(addressOf(from));
    if (listener === undefined || !this.#check.isKnown(listener)) return undefined;
    this.#last = from;
    this.#lastListener = listener;
    return listener.uid === uid;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      let right = false;
      try {
        if (this.#isExcluded(next.from) && (await this.#check.bindings.excludesForGood(next.from, this.#socket))) {
          this.#waiting.shift();
          next.refuse();
          continue;
        }
        right = this.#verdict(next) ?? (await this.#ask(next));
      } catch (error) {
        this.#check.onError(error);
      }
      this.#waiting.shift();
      this.#act(next, right);
    }
    this.#socket.resume();
  }

  async #ask(message: Waiting): Promise<boolean> {
    if (!this.#check.isKnown(this.#peer)) await this.#askForPeer();
    const known = this.#verdict(message);
    if (known !== undefined) return known;
    const uid = await this.#askForListener(message.from);
    return uid !== undefined && uid === this.#peer.uid;
  }

  async #askForListener(from: Pid): Promise<number | undefined> {
    const { owners, listeners } = this.#check;
    const address = addressOf(from);
    if (this.#listeners.size > 100) this.#listeners.clear();
    let listener: Owner = { uid: undefined, askAgainAtMs: 0 };
    try {
      const uid = await owners.ofListener({ address: from.ip, port: from.port }, !isOwnAddress(from.ip));
      // A newer answer counts for older connections, too: the address may be another user's since.
      listener = listeners.get(address) ?? listener;
      listener.uid = uid;
      if (listeners.size > 50_000) listeners.clear();
      listeners.set(address, listener);
      return uid;
    } finally {
      listener.askAgainAtMs = this.#check.askAgainAtMs();
      this.#listeners.set(address, listener);
      this.#last = undefined; // its listener may be another object now
    }
  }

  async #askForPeer(): Promise<void> {
    const peer = this.#peer;
    this.#missed = false;
    try {
      peer.uid = await ownerOfPeer(this.#check.owners, this.#socket);
      this.#missed = peer.uid === undefined;
      this.#trusted = peer.uid === 0 || (peer.uid !== undefined && peer.uid === process.geteuid?.());
    } finally {
      peer.askAgainAtMs = this.#check.askAgainAtMs();
    }
  }
}
