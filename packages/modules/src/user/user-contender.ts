/** Makes a module of a user the contender of a master. It runs in its thread, and what it says is checked. */
import type { MasterInfo } from '@meseta/protocol';
import type { Candidacy, LeaderContender } from '@meseta/storage';
import { ModuleError } from '../errors.ts';
import { type ItemTime, monotonicMs } from './messages.ts';
import type { ModuleHost } from './module-host.ts';
import { retried } from './retry.ts';
import { shown } from './shown.ts';

/** Receives what an operator should know. */
export type ElectionReport = (level: 'info' | 'warning', message: string) => void;

/** The longest time of a timer. */
const longestTimerMs = 2 ** 31 - 1;
/** After this time it is said that the module has not made the master a candidate. */
const patienceMs = 30_000;

/**
 * Makes a contender of a module.
 *
 * @param onCandidacy called for each candidacy when it begins and whenever it is confirmed.
 * @throws {ModuleError} when the module cannot contend.
 */
export function userContender(
  host: ModuleHost,
  report: ElectionReport,
  onCandidacy: (leader: MasterInfo, candidacy: Candidacy) => void,
): LeaderContender<MasterInfo> {
  if (!host.has('contend')) {
    throw new ModuleError('MODULE_FAILED', `Contender module '${host.name}' has no method 'contend'`);
  }
  let last: UserCandidacy | undefined;
  return {
    async contend(leader) {
      const candidacy: UserCandidacy = new UserCandidacy(host, report, leader, () => onCandidacy(leader, candidacy));
      onCandidacy(leader, candidacy);
      void candidacy.run(last?.ended);
      last = candidacy;
      return candidacy;
    },
  };
}

/**
 * A candidacy by a module.
 *
 * ```text
 *            yields                returns, throws, its time has passed
 * entering ─────────▶ held ────────────────────────────────────────────▶ lost
 *   │  ▲                │
 *   └──┘ throws         └──────▶ withdrawn
 * ```
 */
class UserCandidacy implements Candidacy {
  readonly #host: ModuleHost;
  readonly #report: ElectionReport;
  readonly #leader: MasterInfo;
  readonly #onHeld: () => void;
  readonly #lost = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  /** By `monotonicMs`. */
  #heldUntil: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #problem = '';

  constructor(host: ModuleHost, report: ElectionReport, leader: MasterInfo, onHeld: () => void) {
    this.#host = host;
    this.#report = report;
    this.#leader = leader;
    this.#onHeld = onHeld;
  }

  get lost(): Promise<void> {
    return this.#lost.promise;
  }

  /** Resolves when the module has ended this candidacy. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isHeld(): boolean {
    return !this.#isOver && this.#heldUntil !== undefined && monotonicMs() < this.#heldUntil;
  }

  async withdraw(): Promise<void> {
    this.#finish();
    await this.ended;
  }

  /** @param before what has to end first: one candidate at a time. */
  async run(before: Promise<void> | undefined): Promise<void> {
    await before;
    const { signal } = this.#stop;
    const { name } = this.#host;
    const impatience = setTimeout(() => {
      if (this.#heldUntil !== undefined) return;
      this.#report('info', `This master is no candidate yet: contender module '${name}' is still at it`);
    }, patienceMs).unref();
    signal.addEventListener('abort', () => clearTimeout(impatience), { once: true });
    await retried(signal, async () => {
      const why = await this.#contend();
      if (this.#isOver) return false;
      if (this.#heldUntil !== undefined) {
        this.#lose(why);
        return false;
      }
      // Said once: the module may wait for a server for a long time.
      if (why !== this.#problem) this.#report('warning', `Contender module '${name}' is called again: ${why}`);
      this.#problem = why;
      return true;
    });
    this.#finish();
    this.#ended.resolve();
  }

  /** Returns why the module has ended. */
  async #contend(): Promise<string> {
    const { signal } = this.#stop;
    try {
      await this.#host.stream('contend', [this.#leader], { signal, onItem: (until, at) => this.#hold(until, at) });
      return 'contend() has returned';
    } catch (error) {
      return (error as Error).message;
    }
  }

  #hold(until: unknown, { ofThread, monotonic }: ItemTime): void {
    if (typeof until !== 'number' || Number.isNaN(until)) {
      throw new TypeError(`contend() must yield a time by performance.now(), not ${shown(until)}`);
    }
    this.#heldUntil = until - ofThread + monotonic;
    this.#onHeld();
    this.#watchTime();
  }

  #watchTime(): void {
    clearTimeout(this.#timer);
    if (this.#isOver || this.#heldUntil === undefined || this.#heldUntil === Number.POSITIVE_INFINITY) return;
    const leftMs = this.#heldUntil - monotonicMs();
    if (leftMs <= 0) return this.#lose('it was not confirmed in time');
    this.#timer = setTimeout(() => this.#watchTime(), Math.min(Math.ceil(leftMs), longestTimerMs));
  }

  #lose(why: string): void {
    if (this.#isOver) return;
    this.#report('warning', `The candidacy by contender module '${this.#host.name}' is lost: ${why}`);
    this.#finish();
    this.#lost.resolve();
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stop.abort();
  }
}
