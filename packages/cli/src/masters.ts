import { type FindOptions, type LeaderFinder, MasterClient } from '@meseta/scheduler';
import { clientAccess } from './credential.ts';

/** How long a search for the leader waits for one unless it is said, milliseconds: who searches tries again. */
const defaultWaitMs = 1000;

/** The masters of a cluster, of which one leads: clients of it and, after a fail-over, of the next one. */
export class Masters {
  readonly #leader: LeaderFinder;
  readonly #clients: Map<string, MasterClient>;
  #client: MasterClient;

  /** @param first a client of the master that leads; closed by `close`. */
  constructor(leader: LeaderFinder, first: MasterClient) {
    this.#leader = leader;
    this.#client = first;
    this.#clients = new Map([[first.origin, first]]);
  }

  /** A client of the master that led when it was looked for last. */
  get client(): MasterClient {
    return this.#client;
  }

  /**
   * Looks for the leader, as after a loss of connection. One that has just died may be found for some seconds.
   *
   * @returns a client of it, which stays open.
   * @throws {NoLeaderError} while none leads; the signal's reason.
   */
  async find({ waitMs = defaultWaitMs, signal }: FindOptions = {}): Promise<MasterClient> {
    const origin = await this.#leader.find({ waitMs, ...(signal && { signal }) });
    this.#client = this.#clients.get(origin) ?? new MasterClient(origin, clientAccess());
    this.#clients.set(origin, this.#client);
    return this.#client;
  }

  /** Closes all clients. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map(client => client.close()));
  }
}
