/** Decides when this master leads and when it stands by. */

import type { MasterInfo } from '@meseta/protocol';
import type { Candidacy, Leadership } from '@meseta/storage';
import type { Logger } from '@meseta/telemetry';

/** What exists only while a master leads. */
export interface Term {
  close(): Promise<void>;
}

/** The election that a master takes part in, and how it opens a term. */
export interface MastershipOptions<T extends Term> {
  readonly leadership: Leadership<MasterInfo>;
  /** Makes the info with which this master contends. Its id is new each time, so that no term reuses the ids of another. */
  newInfo(): MasterInfo;
  /** Opens a term. @throws {Error} when this master cannot lead. */
  openTerm(info: MasterInfo): Promise<T>;
  /** Called when a later term cannot be opened, or this master cannot contend any more. */
  onFailure(error: Error): void;
  readonly log: Logger;
}

/**
 * Contends for leadership, and opens and closes terms as the detector reports. At most one term is open: the next one
 * is opened when the previous one is closed.
 */
export class Mastership<T extends Term> {
  readonly #options: MastershipOptions<T>;
  #own: MasterInfo | undefined;
  #leader: MasterInfo | undefined;
  #held: { readonly info: MasterInfo; readonly term: T } | undefined;
  #following: Promise<void> | undefined;
  #candidacy: Candidacy | undefined;
  #stopWatching: () => void = () => undefined;
  #stopped = false;

  constructor(options: MastershipOptions<T>) {
    this.#options = options;
  }

  /** The info with which this master contends; undefined before the start. */
  get own(): MasterInfo | undefined {
    return this.#own;
  }

  /** The leader, as far as this master knows. This master itself also before its term is open. */
  get leader(): MasterInfo | undefined {
    return this.#leader;
  }

  /** The open term; undefined when there is none. */
  get term(): T | undefined {
    return this.#held?.term;
  }

  /** Whether this master was elected and has no open term yet. */
  get isOpening(): boolean {
    return this.#wanted !== undefined && this.#held === undefined;
  }

  /**
   * Starts to contend. Resolves when the leader is known for the first time; if this master leads, its term is open then.
   *
   * @throws {Error} of the contender, or of a term that cannot be opened.
   */
  async start(): Promise<void> {
    const { leadership } = this.#options;
    const first = Promise.withResolvers<void>();
    await this.#contend();
    this.#stopWatching = leadership.detector.watch(leader => {
      this.#leader = leader;
      const followed = this.#follow();
      first.resolve(followed);
      followed.catch(error => this.#options.onFailure(error));
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
    this.#options.log.warning('This master lost its candidacy for leadership; it contends again');
    await this.#contend();
  }

  /** Returns the info with which this master should lead; undefined when another master leads, or none. */
  get #wanted(): MasterInfo | undefined {
    return !this.#stopped && this.#leader !== undefined && this.#leader.id === this.#own?.id ? this.#own : undefined;
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
