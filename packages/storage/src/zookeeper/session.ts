/**
 * A session with a ZooKeeper ensemble.
 *
 * ```text
 *              granted                    broken, silent
 * connecting ───────────▶ connected ─────────────────────▶ disconnected
 *                             ▲                                 │ │
 *                             └────── another server ───────────┘ │
 *                                                                 ▼
 * closed ◀── close, credentials refused          expired ◀── not heard for the time-out, or a server says so
 * ```
 *
 * The session expires by its own clock no later than the ensemble can expire it: the time-out counts from when the
 * latest answered request was sent. So a process that is cut off knows that it has lost its ephemeral nodes before
 * another process sees them removed.
 *
 * The npm client for ZooKeeper is not used, because its faults would decide who leads: it never notices a server that
 * does not answer any more, nor one that accepts a connection and opens no session; it has no expiry by its own clock;
 * it sends waiting requests before the credentials; after a break in the middle of an answer it reads the next
 * connection wrongly; and an error code it does not know ends the process.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { formatServer, type ZooKeeperServer } from './address.ts';
import { connectionProblem, expired, type SessionTicket, ZooKeeperConnection } from './connection.ts';
import { ZooKeeperError } from './errors.ts';
import { NodeOperations, type NodeOperationsOptions } from './node-operations.ts';
import { opcodes } from './operations.ts';

/** See the states above. `expired` and `closed` are final. */
export type SessionState = 'connecting' | 'connected' | 'disconnected' | 'expired' | 'closed';

/** What a session needs. */
export interface SessionOptions extends NodeOperationsOptions {
  /** Reports connections, and each problem once until it is solved. */
  readonly report?: (level: 'info' | 'warning', message: string) => void;
}

const mostReported = 100;
const longestPauseMs = 1000;
const closeLimitMs = 2000;

/**
 * A session. It begins to connect when it is made, and goes on until it has expired or is closed. All operations reject
 * with {@link ZooKeeperError}, never later than `operationMs`; requests are sent in the order of the calls.
 */
export class ZooKeeperSession extends NodeOperations {
  readonly #options: SessionOptions;
  readonly #listeners = new Set<(state: SessionState) => void>();
  readonly #stop = new AbortController();
  #state: SessionState = 'connecting';
  #ticket: SessionTicket;
  #aliveAt: number | undefined;
  #connection: ZooKeeperConnection | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #problem = '';
  /** Problems that were reported since the last connection; each server has its own. */
  readonly #reported = new Set<string>();
  #isClosing = false;

  constructor(options: SessionOptions) {
    super(options);
    this.#options = options;
    this.#ticket = { id: 0n, password: Buffer.alloc(16), timeoutMs: Math.round(options.timeoutMs), lastSeen: 0n };
    void this.#run();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The id of the session, which is the owner of its ephemeral nodes; 0 before the first connection. */
  get id(): bigint {
    return this.#ticket.id;
  }

  /** The time-out: what was asked for, then what ZooKeeper has granted. */
  get timeoutMs(): number {
    return this.#ticket.timeoutMs;
  }

  /** The last problem with the connection, for messages; empty when there is none. */
  get problem(): string {
    return this.#problem;
  }

  /**
   * Whether the session surely lives: it was granted, and its time-out has not passed since ZooKeeper has surely heard of
   * it. Right also in a process that was stopped for a while and whose timers have not run yet.
   */
  get isAlive(): boolean {
    if (this.#state !== 'connected' && this.#state !== 'disconnected') return false;
    return performance.now() < this.#expiresAt();
  }

  /** Reports each change of the state. @returns ends the reports. */
  onState(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends the session, and its ephemeral nodes if there is a connection, else they end with its time-out. Idempotent. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (!this.#isOpen) return;
    this.#isClosing = true;
    if (connection) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const limit = setTimeout(resolve, closeLimitMs);
      connection.send(opcodes.close, 'close the session', nothing, () => resolve());
      await promise;
      clearTimeout(limit);
    }
    this.#end('closed', new ZooKeeperError('ZK_CLOSED', 'The session with ZooKeeper was closed'));
  }

  /** Connects, and connects again after each loss, until the session ends. */
  async #run(): Promise<void> {
    const servers = shuffled(this.#options.address.servers);
    let failures = 0;
    for (let turn = 0; this.#isOpen; turn++) {
      if (failures > 0 && failures % servers.length === 0) await this.#pause();
      const server = servers[turn % servers.length];
      if (!this.#isOpen || server === undefined) return;
      const connection = await this.#connect(server, servers.length);
      if (!this.#isOpen) return connection?.destroy(new Error('the session has ended'));
      const since = performance.now();
      if (connection) {
        this.#adopt(connection);
        this.#lose(connection, await connection.closed);
      }
      failures = connection && performance.now() - since > longestPauseMs ? 0 : failures + 1;
    }
  }

  /** Opens one connection. @returns undefined when that failed, or the session has expired. */
  async #connect(server: ZooKeeperServer, servers: number): Promise<ZooKeeperConnection | undefined> {
    const asked = { ...this.#ticket, timeoutMs: Math.round(this.#options.timeoutMs) };
    try {
      const opened = await ZooKeeperConnection.open(server, asked, this.#connectMs(servers), this.#stop.signal);
      if (opened !== expired) return opened;
      this.#expire('ZooKeeper says so');
    } catch (error) {
      if (this.#isOpen) this.#explain(connectionProblem(server, error));
    }
    return undefined;
  }

  /** How long one server may take: all of them get a turn within the time-out, even those that do not answer. */
  #connectMs(servers: number): number {
    return Math.max(this.timeoutMs / Math.max(servers, 3), 100);
  }

  #pause(): Promise<void> {
    const ms = Math.random() * longestPauseMs;
    return delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined); // the session has ended
  }

  get #isOpen(): boolean {
    return !this.#hasEnded && !this.#isClosing;
  }

  get #hasEnded(): boolean {
    return this.#state === 'expired' || this.#state === 'closed';
  }

  #adopt(connection: ZooKeeperConnection): void {
    const again = this.#ticket.id !== 0n;
    this.#ticket = connection.ticket;
    this.#connection = connection;
    this.#problem = '';
    this.#reported.clear();
    clearTimeout(this.#expiry);
    connection.onEvent = event => this.watches.onEvent(event);
    const { credentials } = this.#options.address;
    if (credentials !== undefined) {
      connection.authenticate('digest', credentials, () => {
        const failure = new ZooKeeperError(
          'ZK_AUTH_FAILED',
          'ZooKeeper refused the user and password of the zk:// URL',
        );
        this.#end('closed', failure);
      });
    }
    const server = formatServer(connection.server);
    this.#options.report?.('info', `${again ? 'Connected again' : 'Connected'} to ZooKeeper at ${server}`);
    this.#become('connected');
    this.requests.connected(connection);
    if (again) this.watches.fireAll();
  }

  #lose(connection: ZooKeeperConnection, reason: Error): void {
    this.#connection = undefined;
    this.requests.disconnected();
    this.#aliveAt = connection.aliveAt;
    this.#ticket = connection.ticket;
    if (!this.#isOpen) return;
    this.#explain(connectionProblem(connection.server, reason));
    const leftMs = this.#expiresAt() - performance.now();
    this.#expiry = setTimeout(() => this.#expire('no contact for its time-out'), Math.max(leftMs, 0));
    this.#become('disconnected');
  }

  /** When the session has expired, by `performance.now()`. */
  #expiresAt(): number {
    return (this.#connection?.aliveAt ?? this.#aliveAt ?? Number.POSITIVE_INFINITY) + this.#ticket.timeoutMs;
  }

  #explain(problem: string): void {
    this.#problem = problem;
    if (this.#reported.has(problem) || this.#reported.size >= mostReported) return;
    this.#reported.add(problem);
    this.#options.report?.('warning', `No connection to ZooKeeper at ${problem}`);
  }

  #expire(why: string): void {
    if (!this.#isOpen) return;
    this.#options.report?.('warning', `The session with ZooKeeper has expired: ${why}`);
    this.#end('expired', new ZooKeeperError('ZK_SESSION_EXPIRED', `The session with ZooKeeper has expired: ${why}`));
  }

  #end(state: 'expired' | 'closed', failure: ZooKeeperError): void {
    if (this.#hasEnded) return;
    this.requests.fail(failure);
    this.#become(state);
    clearTimeout(this.#expiry);
    this.#stop.abort();
    this.#connection?.destroy(failure);
    this.watches.clear();
  }

  #become(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

const nothing = () => undefined;

/** The clients of an ensemble spread over its servers. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map(element => ({ element, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ element }) => element);
}
