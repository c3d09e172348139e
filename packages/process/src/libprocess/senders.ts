import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ownerOfPeer } from '../owners/peer-owner.ts';
import type { Owners } from '../owners/socket-owners.ts';
import { Bindings } from './bindings.ts';
import { formatAddress, type Pid } from './pid.ts';

/** How long the addresses of this machine are taken as known. */
const ADDRESSES_MS = 1000;
let addresses: ReadonlySet<string> = new Set();
let addressesUntil = 0;

/** Whether an address is one of this machine's. */
function isOwnAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=[0-9.]+$)/, '');
  if (plain.startsWith('127.') || plain === '::1') return true;
  if (performance.now() > addressesUntil) {
    const all = Object.values(networkInterfaces()).flatMap(list => list ?? []);
    addresses = new Set(all.map(each => each.address));
    addressesUntil = performance.now() + ADDRESSES_MS;
  }
  return addresses.has(plain);
}

/** Who owns the socket that listens at an address, as it was found last; connections share it. */
interface Listener {
  uid: number | undefined;
}

/** What the connections of one transport share. */
export class SenderCheck {
  readonly owners: Owners;
  readonly listeners = new Map<string, Listener>();
  readonly bindings = new Bindings();
  readonly onError: (error: unknown) => void;

  /** @param onError called when the kernel's tables cannot be read: what waits for them is refused then. */
  constructor(owners: Owners, onError: (error: unknown) => void) {
    this.owners = owners;
    this.onError = onError;
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
 * anything to this process anyway. Asked once for a connection and an address; messages wait for the answer in order.
 */
export class Senders {
  readonly #check: SenderCheck;
  readonly #socket: Socket;
  readonly #isLocal: boolean;
  readonly #listeners = new Map<string, Listener>();
  #waiting: Waiting[] = [];
  #uid: number | undefined;
  #asked = false;
  #trusted = false;
  /** The last sender that was found to be right; most connections have one. */
  #last: Pid | undefined;
  #lastListener: Listener | undefined;

  constructor(check: SenderCheck, socket: Socket) {
    this.#check = check;
    this.#socket = socket;
    // Who reset the connection has no address any more, and no name to speak in either.
    this.#isLocal = socket.remoteAddress === undefined || isOwnAddress(socket.remoteAddress);
  }

  /** Takes or refuses a message, now or when its sender is known. */
  deliver(message: Waiting): void {
    if (!this.#isLocal) return message.take();
    if (this.#waiting.length > 0 || this.#isExcluded(message)) return this.#wait(message);
    if (this.#trusted) return message.take();
    if (!this.#asked) return this.#wait(message);
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

  #isExcluded({ from }: Waiting): boolean {
    return this.#check.bindings.excludes(from, this.#socket);
  }

  #act(message: Waiting, right: boolean): void {
    if (right) message.take();
    else message.refuse();
  }

  /** Undefined: the address was not asked for yet. */
  #verdict({ from, mayHaveLeft }: Waiting): boolean | undefined {
    if (this.#trusted) return true;
    if (this.#uid === undefined) return mayHaveLeft;
    if (from === this.#last) return this.#lastListener?.uid === this.#uid;
    const listener = this.#listeners.get(formatAddress(from));
    if (listener === undefined) return undefined;
    this.#last = from;
    this.#lastListener = listener;
    return listener.uid === this.#uid;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      let right = false;
      try {
        if (this.#isExcluded(next) && (await this.#check.bindings.excludesForGood(next.from, this.#socket))) {
          this.#waiting.shift();
          next.refuse();
          continue;
        }
        right = this.#verdict(next) === true && this.#asked;
        if (!right) right = await this.#ask(next);
      } catch (error) {
        this.#check.onError(error);
      }
      this.#waiting.shift();
      this.#act(next, right);
    }
    this.#socket.resume();
  }

  async #ask(message: Waiting): Promise<boolean> {
    const { owners, listeners } = this.#check;
    if (!this.#asked) {
      this.#uid = await ownerOfPeer(owners, this.#socket);
      this.#trusted = this.#uid === 0 || this.#uid === process.geteuid?.();
      this.#asked = true;
    }
    const known = this.#verdict(message);
    if (known !== undefined) return known;
    const { from } = message;
    const address = formatAddress(from);
    const foreign = !isOwnAddress(from.ip);
    const uid = await owners.ofListener({ address: from.ip, port: from.port }, foreign);
    // A newer answer counts for older connections, too: the address may be another user's since.
    const listener = listeners.get(address) ?? { uid };
    listener.uid = uid;
    if (listeners.size > 50_000) listeners.clear();
    listeners.set(address, listener);
    if (this.#listeners.size > 100) this.#listeners.clear();
    this.#listeners.set(address, listener);
    return uid === this.#uid;
  }
}
