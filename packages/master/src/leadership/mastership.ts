/** Decides when this master leads and when it stands by. */

import type { MasterInfo } from '@meseta/protocol';
import type { Candidacy, Leadership } from '@meseta/storage';
import type { Logger } from '@meseta/telemetry';
import { regionMismatch } from './region.ts';

/** What exists only while a master leads. */
export interface Term {
  close(): Promise<void>;
}

/**
 * A leading master has lost the lead. Its process ends, as Mesos's does: what it still does in memory must not reach
 * anybody, and the next one starts from the registry.
 */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
  readonly code = 'LEADERSHIP_LOST';
}

/** The election that a master takes part in, and how it opens a term. */
export interface MastershipOptions<T extends Term> {
  readonly leadership: Leadership<MasterInfo>;
  /** Makes the info with which this master contends. Its id is new each time, so that no term reuses the ids of another. */
  newInfo(): MasterInfo;
  /** Opens a term. @throws {Error} when this master cannot lead. */
  openTerm(info: MasterInfo): Promise<T>;
  /** Called when the term cannot be opened or was lost, or this master cannot contend, or is not where the leader is. */
  onFailure(error: Error): void;
  readonly log: Logger;
}

/**
 * Contends for leadership, and opens a term when the detector reports this master. A master that stands by contends again
 * when it has lost its candidacy. One that leads, or was elected, closes its term and fails.
 *
 * @see Mesos src/master/master.cpp, Master::lostCandidacy and Master::detected
 */
export class Mastership<T extends Term> {
  readonly #options: MastershipOptions<T>;
  #own: MasterInfo | undefined;
  #leader: MasterInfo | undefined;
  #held: { readonly info: MasterInfo; readonly term: T } | undefined;
  #following: Promise<void> | undefined;
  #starting: Promise<void> | undefined;
  #candidacy: Candidacy | undefined;
  #stopWatching: () => void = () => undefined;
  #stopped = false;
  #isDeposed = false;

  constructor(options: MastershipOptions<T>) {
    this.#options = options;
  }

  /** The info with which this master contends; undefined before the start. */
  get own(): MasterInfo | undefined {
    return this.#own;
  }

  /** The leader, as far as this master knows. This master itself also before its term is open. */
  get leader(): MasterInfo | undefined {
    return this.#isOwn(this.#leader) && !this.#mayLead ? undefined : this.#leader;
  }

  /** The open term; undefined when there is none, or another master may lead. */
  get term(): T | undefined {
    return this.#mayLead ? this.#held?.term : undefined;
  }

  /** Whether this master was elected and has no open term yet. */
  get isOpening(): boolean {
    return this.#wanted !== undefined && this.#held === undefined;
  }

  /** Settles when it is decided who leads first, or the term that is being opened is open; undefined otherwise. */
  get opening(): Promise<void> | undefined {
    return this.isOpening ? this.#following : this.#starting;
  }

  /**
   * Starts to contend. Resolves when the leader is known for the first time; if this master leads, its term is open then.
   *
   * @throws {Error} of the contender, or of a term that cannot be opened.
   */
  async start(): Promise<void> {
    this.#starting = this.#start();
    try {
      await this.#starting;
    } finally {
      this.#starting = undefined;
    }
  }

  async #start(): Promise<void> {
    const { leadership } = this.#options;
    const first = Promise.withResolvers<void>();
    let isFirst = true;
    await this.#contend();
    this.#stopWatching = leadership.detector.watch(leader => {
      const led = this.#wanted;
      this.#leader = leader;
      if (led !== undefined && !this.#isOwn(leader)) return this.#depose(leader);
      const mismatch = leader && this.#own && regionMismatch(leader, this.#own);
      if (mismatch) this.#options.onFailure(mismatch);
      const followed = this.#follow();
      if (isFirst) first.resolve(followed);
      else followed.catch(error => this.#options.onFailure(error));
      isFirst = false;
    });
    await first.promise;
  }

  /** Closes the term and withdraws the candidacy. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopWatching();
    this.#leader = undefined;
    await this.#following?.catch(() => undefined); // an error goes to `onFailure`, see `start`
    const held = this.#held;
    this.#held = undefined;
    await held?.term.close();
    await this.#candidacy?.withdraw();
  }

  async #contend(): Promise<void> {
    this.#own = this.#options.newInfo();
    const candidacy = await this.#options.leadership.contender.contend(this.#own);
    this.#candidacy = candidacy;
    this.#contendAgainAfter(candidacy).catch(error => this.#options.onFailure(error));
  }

  async #contendAgainAfter({ lost }: Candidacy): Promise<void> {
    await lost;
    if (this.#stopped) return;
    if (this.#wanted !== undefined) return this.#depose(undefined);
    this.#options.log.warning('This master lost its candidacy for leadership; it contends again');
    await this.#contend();
  }

  /** Ends the lead of this master for good. */
  #depose(leader: MasterInfo | undefined): void {
    this.#isDeposed = true;
    this.#leader = leader;
    this.#follow().catch(error => this.#options.onFailure(error));
    const now = leader ? `${leader.pid ?? leader.hostname} leads now` : 'its candidacy in the election is gone';
    this.#options.onFailure(
      new LeadershipLostError(`This master has lost the lead (${now}) and stops; start it again, and it stands by`),
    );
  }

  get #mayLead(): boolean {
    return !this.#isDeposed && this.#candidacy?.isHeld === true;
  }

  #isOwn(leader: MasterInfo | undefined): boolean {
    return leader !== undefined && leader.id === this.#own?.id;
  }

  /** Returns the info with which this master should lead; undefined when another master leads, or none. */
  get #wanted(): MasterInfo | undefined {
    return !this.#stopped && !this.#isDeposed && this.#isOwn(this.#leader) ? this.#own : undefined;
  }

  /**
   * Opens and closes terms until the open one is the one that should be. Further calls meanwhile wait for the same
   * result.
   */
  async #follow(): Promise<void> {
    // Checked again, because the detector may report a change after the last step and before its promise has resolved.
    while (this.#wanted !== this.#held?.info) {
      this.#following ??= this.#step().finally(() => {
        this.#following = undefined;
      });
      await this.#following;
    }
  }

  async #step(): Promise<void> {
    const { log, openTerm } = this.#options;
    while (this.#wanted !== this.#held?.info) {
      if (this.#held !== undefined) {
        const { term } = this.#held;
        this.#held = undefined;
        log.warning('This master does not lead any more');
        await term.close();
        continue;
      }
      const info = this.#wanted as MasterInfo;
      this.#held = { info, term: await openTerm(info) };
    }
  }
}
