import type { SchedulerCallReconcileTask } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { TaskLedger } from './task-ledger.ts';

/** The delay before tasks without an answer are asked about again; it doubles up to the longest. */
const firstDelayMs = 5000;
const longestDelayMs = 60_000;

/** How long after complete answers everything is asked about again, in case that an event was lost. */
const periodMs = 15 * 60_000;

/** How many tasks are named in one call. */
const tasksPerCall = 1000;

/**
 * Asks the master about the tasks of the framework until each is answered, and again from time to time. A master does
 * not answer about tasks of agents that it waits for after its start, so that one question is not enough.
 *
 * @see Mesos docs/reconciliation.md
 */
export class Reconciler {
  readonly #ledger: TaskLedger;
  readonly #clock: Clock;
  readonly #ask: (tasks: SchedulerCallReconcileTask[]) => Promise<void>;
  #cancel: () => void = () => undefined;
  /** When everything is asked about again, by the clock; undefined while the first answers are awaited. */
  #againAtMs: number | undefined;
  /** Counts beginnings and ends, so that a question which was under way has no consequences. */
  #round = 0;

  /** @param ask makes one call RECONCILE; without tasks, it asks about all that the master knows. Never throws. */
  constructor(ledger: TaskLedger, clock: Clock, ask: (tasks: SchedulerCallReconcileTask[]) => Promise<void>) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Asks about all tasks, in place of what was begun before. Resolves when the questions are sent. */
  async begin(): Promise<void> {
    this.stop();
    const round = this.#round;
    this.#againAtMs = undefined;
    this.#ledger.forgetAnswers();
    await this.#askAbout(this.#ledger.unanswered());
    await this.#ask([]);
    if (round === this.#round) this.#askLater(firstDelayMs);
  }

  /** A task is out of reach: asks about it until it is back, or known to be gone. */
  watch(): void {
    if (this.#againAtMs === undefined) return; // there are questions anyway
    this.#cancel();
    this.#askLater(firstDelayMs);
  }

  /** Asks nothing more. */
  stop(): void {
    this.#round++;
    this.#againAtMs = undefined;
    this.#cancel();
  }

  async #askAbout(tasks: SchedulerCallReconcileTask[]): Promise<void> {
    for (let at = 0; at < tasks.length; at += tasksPerCall) await this.#ask(tasks.slice(at, at + tasksPerCall));
  }

  #askLater(delayMs: number): void {
    // Many frameworks are subscribed again at the same time.
    const jitteredMs = delayMs * (0.5 + this.#clock.random() / 2);
    this.#cancel = this.#clock.after(jitteredMs, () => {
      const nowMs = this.#clock.steady();
      const isDue = nowMs >= (this.#againAtMs ?? Number.POSITIVE_INFINITY);
      if (isDue) this.#ledger.forgetAnswers();
      if (isDue || this.#againAtMs === undefined) this.#againAtMs = nowMs + periodMs;
      const tasks = this.#ledger.unanswered();
      if (tasks.length === 0) {
        this.#cancel = this.#clock.after(this.#againAtMs - nowMs, () => void this.begin());
        return;
      }
      this.#askLater(Math.min(2 * delayMs, longestDelayMs));
      void this.#askAbout(tasks).then(() => (isDue ? this.#ask([]) : undefined));
    });
  }
}
