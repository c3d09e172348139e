/**
 * The election in ZooKeeper as Mesos has it: each candidate creates an ephemeral node with a number below one node; the
 * one with the smallest number leads, and its data is what others learn of it.
 *
 * @see Mesos src/zookeeper/group.cpp, contender.cpp and detector.cpp
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Candidacy, Leadership } from '../leadership.ts';
import { formatZooKeeperAddress, type ZooKeeperAddress } from './address.ts';
import { ZooKeeperError, type ZooKeeperErrorCode } from './errors.ts';
import { type SessionOptions, type SessionState, ZooKeeperSession } from './session.ts';

/** How candidates are written to and read from nodes. */
export interface CandidateCodec<L> {
  /** The name of new nodes before their number, without the `_` between. */
  readonly label: string;
  encode(candidate: L): Uint8Array;
  /** The labels of nodes that are candidates; '' for nodes that are only a number. Others are ignored. */
  readonly labels: ReadonlySet<string>;
  /** @throws {Error} when the data is not that of a candidate. */
  decode(label: string, data: Buffer): L;
}

/** Where the election is. */
export interface ElectionOptions<L> extends Pick<SessionOptions, 'report'> {
  readonly address: ZooKeeperAddress;
  /** After this time without contact, a candidate has lost its candidacy and a detector knows no leader. */
  readonly timeoutMs: number;
  readonly codec: CandidateCodec<L>;
}

/** Problems that pass. All others end a candidacy. */
const temporary: ReadonlySet<ZooKeeperErrorCode> = new Set<ZooKeeperErrorCode>([
  'ZK_CONNECTION_LOSS',
  'ZK_TIMEOUT',
  'ZK_SESSION_EXPIRED',
  'ZK_BUSY',
  'ZK_NO_NODE',
]);

/** Between two tries of a candidate to enter; between two of a detector that may not read. */
const [retryMs, refusedMs] = [1000, 10_000];
/** So many nodes that are no candidates are looked at in search of the leader. */
const mostLeftovers = 100;

/**
 * Takes part in an election, and detects its leader, in one session: a candidate that has lost its session sees no leader
 * either. The session is opened by the first call and closed when the last watcher and the last candidate have left. After
 * an expiry, a watcher goes on in a new one.
 */
export function zooKeeperElection<L>(options: ElectionOptions<L>): Leadership<L> {
  const election = new Election(options);
  return {
    contender: { contend: async leader => election.contend(leader) },
    detector: { watch: onChange => election.watch(onChange) },
  };
}

class Election<L> {
  readonly #options: ElectionOptions<L>;
  readonly #watchers = new Set<(leader: L | undefined) => void>();
  readonly #candidacies = new Set<ZooKeeperCandidacy>();
  #session: ZooKeeperSession | undefined;
  #leader: L | undefined;
  /** The data from which the leader was read: equal data is no change. */
  #source = '';
  #reading = false;
  #readAgain = false;
  #leftover = '';
  readonly #changed = () => {
    if (this.#session?.state === 'connected') void this.#read(this.#session);
  };

  constructor(options: ElectionOptions<L>) {
    this.#options = options;
  }

  watch(onChange: (leader: L | undefined) => void): () => void {
    this.#watchers.add(onChange);
    queueMicrotask(() => this.#watchers.has(onChange) && onChange(this.#leader));
    const session = this.#open();
    if (session.state === 'connected') void this.#read(session);
    return () => {
      this.#watchers.delete(onChange);
      this.#closeUnused();
    };
  }

  contend(leader: L): Candidacy {
    const { codec, address } = this.#options;
    const candidacy = new ZooKeeperCandidacy(address.path, codec.label, codec.encode(leader), candidate => {
      this.#candidacies.delete(candidate);
      this.#closeUnused();
    });
    this.#candidacies.add(candidacy);
    void this.#enter(candidacy);
    return candidacy;
  }

  async #enter(candidacy: ZooKeeperCandidacy): Promise<void> {
    while (this.#candidacies.has(candidacy)) {
      if (await candidacy.enter(this.#open())) return;
      await delay(retryMs);
    }
  }

  #open(): ZooKeeperSession {
    if (this.#session) return this.#session;
    const { address, timeoutMs, report } = this.#options;
    const session = new ZooKeeperSession({ address, timeoutMs, ...(report && { report }) });
    this.#session = session;
    session.onState(state => this.#onState(session, state));
    return session;
  }

  #closeUnused(): void {
    if (this.#watchers.size > 0 || this.#candidacies.size > 0) return;
    const session = this.#session;
    this.#session = undefined;
    void session?.close();
  }

  #onState(session: ZooKeeperSession, state: SessionState): void {
    if (this.#session !== session) return;
    if (state === 'connected') void this.#read(session);
    if (state !== 'expired' && state !== 'closed') return;
    this.#session = undefined;
    this.#tell(undefined, '');
    // Refused credentials are not tried again.
    if (state === 'expired' && this.#watchers.size > 0) this.#open();
  }

  /** Reads the leader; changes while it reads make it read again. */
  async #read(session: ZooKeeperSession): Promise<void> {
    this.#readAgain = true;
    if (this.#reading || this.#watchers.size === 0) return;
    this.#reading = true;
    try {
      while (this.#readAgain && this.#session === session) {
        this.#readAgain = false;
        await this.#readOnce(session);
      }
    } catch (error) {
      this.#onProblem(session, error as Error);
    } finally {
      this.#reading = false;
    }
    const next = this.#session;
    if (this.#readAgain && next?.state === 'connected') void this.#read(next);
  }

  async #readOnce(session: ZooKeeperSession): Promise<void> {
    const { path } = this.#options.address;
    const changed = this.#changed;
    // Without the node there is no election yet. A detector creates nothing.
    if ((await session.exists(path, changed)) === undefined) return this.#tell(undefined, '');
    const candidates = this.#candidatesOf(await session.children(path, changed));
    for (const { name, label } of candidates.slice(0, mostLeftovers)) {
      const { data, stat } = await session.get(`${path}/${name}`, changed);
      if (stat.owner === 0n) {
        this.#tellLeftover(`${path}/${name}`);
        continue;
      }
      const source = `${name} ${stat.createdBy} ${stat.modifiedBy}`;
      if (this.#session === session && source !== this.#source) this.#tell(this.#decode(name, label, data), source);
      return;
    }
    this.#tell(undefined, '');
  }

  #decode(name: string, label: string, data: Buffer): L {
    try {
      return this.#options.codec.decode(label, data);
    } catch (error) {
      throw new Error(`the node ${name} is no candidate: ${(error as Error).message}`);
    }
  }

  /** No session holds it: it was made by hand, or is the rest of a backup. Logged when it is another one. */
  #tellLeftover(node: string): void {
    if (node === this.#leftover) return;
    this.#leftover = node;
    this.#options.report?.(
      'warning',
      `Ignored the node ${node}: it is no candidate, for it is not ephemeral. Remove it`,
    );
  }

  #onProblem(session: ZooKeeperSession, error: Error): void {
    if (this.#session !== session) return;
    const code = error instanceof ZooKeeperError ? error.code : undefined;
    // Another connection reads again, and so does the watch of the children when a candidate has just left.
    if (code !== undefined && temporary.has(code)) return;
    const place = formatZooKeeperAddress(this.#options.address);
    this.#options.report?.('warning', `Cannot find the leader at ${place}: ${error.message}`);
    this.#tell(undefined, '');
    // An access list may be corrected without any sign.
    if (code !== undefined) setTimeout(this.#changed, refusedMs).unref();
  }

  /** Returns the nodes that are candidates by their names, the first one first. */
  #candidatesOf(names: readonly string[]): CandidateNode[] {
    const candidates = names.flatMap(name => candidateOf(name, this.#options.codec.labels) ?? []);
    return candidates.sort((one, other) => one.sequence - other.sequence);
  }

  #tell(leader: L | undefined, source: string): void {
    this.#source = source;
    if (leader === undefined && this.#leader === undefined) return;
    this.#leader = leader;
    for (const watcher of [...this.#watchers]) watcher(leader);
  }
}

/** The parts of the name of a candidate's node. */
interface CandidateNode {
  readonly name: string;
  readonly label: string;
  readonly sequence: number;
}

/** Parses the name of a candidate's node, `json.info_0000000003`. @returns undefined for other nodes. */
export function candidateOf(name: string, labels: ReadonlySet<string>): CandidateNode | undefined {
  const [, label = '', digits] = /^(?:([^_]*)_)?(?:.*_)?(-?\d{1,10})$/.exec(name) ?? [];
  return digits !== undefined && labels.has(label) ? { name, label, sequence: Number(digits) } : undefined;
}

/** The node of a candidate. */
class ZooKeeperCandidacy implements Candidacy {
  readonly #lost = Promise.withResolvers<void>();
  readonly #directory: string;
  readonly #label: string;
  readonly #data: Uint8Array;
  readonly #onEnd: (self: ZooKeeperCandidacy) => void;
  #session: ZooKeeperSession | undefined;
  #node: string | undefined;
  #isOver = false;
  #stopListening: () => void = () => undefined;

  constructor(directory: string, label: string, data: Uint8Array, onEnd: (self: ZooKeeperCandidacy) => void) {
    this.#directory = directory;
    this.#label = label;
    this.#data = data;
    this.#onEnd = onEnd;
  }

  get lost(): Promise<void> {
    return this.#lost.promise;
  }

  get isHeld(): boolean {
    return !this.#isOver && this.#node !== undefined && this.#session?.isAlive === true;
  }

  /** Creates the node. @returns false when that has to be tried again. */
  async enter(session: ZooKeeperSession): Promise<boolean> {
    try {
      await session.createAll(this.#directory);
      // The answer to an earlier try may have been lost.
      this.#node = (await this.#find(session)) ?? (await this.#create(session));
    } catch (error) {
      if (this.#isOver) return true;
      if (error instanceof ZooKeeperError && temporary.has(error.code)) return false;
      this.#end(error as Error);
      return true;
    }
    this.#session = session;
    if (this.#isOver) {
      await this.#remove();
      return true;
    }
    this.#stopListening = session.onState(state => {
      if (state === 'connected') this.#check();
      if (state === 'expired' || state === 'closed') this.#end();
    });
    if (session.state === 'expired' || session.state === 'closed') this.#end();
    else this.#check();
    return true;
  }

  async withdraw(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopListening();
    // Without a connection, the node goes with the session.
    if (this.#session?.state === 'connected') await this.#remove();
    this.#onEnd(this);
  }

  #create(session: ZooKeeperSession): Promise<string> {
    const options = { ephemeral: true, sequential: true };
    return session.create(`${this.#directory}/${this.#label}_`, this.#data, options);
  }

  async #find(session: ZooKeeperSession): Promise<string | undefined> {
    for (const name of await session.children(this.#directory)) {
      if (!name.startsWith(`${this.#label}_`)) continue;
      const path = `${this.#directory}/${name}`;
      if ((await session.exists(path))?.owner === session.id) return path;
    }
    return undefined;
  }

  async #remove(): Promise<void> {
    if (this.#node !== undefined) await this.#session?.remove(this.#node).catch(() => undefined); // see `withdraw`
  }

  /** The node may have been removed by hand. */
  readonly #check = (): void => {
    const session = this.#session;
    if (this.#isOver || session === undefined || this.#node === undefined) return;
    session.exists(this.#node, this.#check).then(
      stat => {
        if (stat?.owner !== session.id) this.#end();
      },
      () => undefined, // the next connection checks again, and a session that has ended says so
    );
  };

  #end(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopListening();
    if (error) this.#lost.reject(error);
    else this.#lost.resolve();
    this.#onEnd(this);
  }
}
