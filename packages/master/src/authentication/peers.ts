/** Who the peers are that have proven it. */

/** A process that has proven its principal. */
export interface AuthenticatedPeer {
  readonly principal: string;
  /** IP address that its messages came from. */
  readonly address: string;
  /** A framework or an agent is registered as this. */
  readonly inUse: boolean;
}

/** How many are remembered: more than a cluster has. Of those that have not registered, the oldest goes first. */
const mostPeers = 100_000;
/** How many that have registered are passed over at most to find one that has not. */
const searched = 100;

/** Authenticated processes by pid, `slave(1)@10.0.0.1:5051`. */
export class AuthenticatedPeers {
  readonly #peers = new Map<string, AuthenticatedPeer>();

  of(pid: string): AuthenticatedPeer | undefined {
    return this.#peers.get(pid);
  }

  /** Replaces what was known of a process. */
  add(pid: string, peer: Pick<AuthenticatedPeer, 'principal' | 'address'>): void {
    this.#peers.delete(pid);
    this.#peers.set(pid, { ...peer, inUse: false });
    if (this.#peers.size > mostPeers) this.#peers.delete(this.#oldest());
  }

  /** A framework or an agent registers from there. */
  use(pid: string): void {
    const peer = this.#peers.get(pid);
    if (peer && !peer.inUse) this.#peers.set(pid, { ...peer, inUse: true });
  }

  /**
   * The framework or agent that was registered from there has gone. What its successor at the same address has proven
   * already, before that was noticed, stays.
   */
  release(pid: string): void {
    if (this.#peers.get(pid)?.inUse) this.#peers.delete(pid);
  }

  /** It authenticates anew. */
  remove(pid: string): void {
    this.#peers.delete(pid);
  }

  clear(): void {
    this.#peers.clear();
  }

  #oldest(): string {
    let first = '';
    let passed = 0;
    for (const [pid, { inUse }] of this.#peers) {
      if (!inUse) return pid;
      first ||= pid;
      if (passed++ >= searched) break;
    }
    return first;
  }
}
