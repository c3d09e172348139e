import { Slice } from '@meseta/system';

/**
 * Starts the checks of many tasks: as many in a turn of the event loop as fit into a few milliseconds. Checks become due
 * together when their tasks were launched together, or when an agent starts again; other work then waits for none of them.
 */
export class CheckPacer {
  #due: (() => void)[] = [];
  #isStarting = false;

  /** Starts a check, now or a few turns later, in the order of the calls. @param check does not throw. */
  start(check: () => void): void {
    this.#due.push(check);
    if (!this.#isStarting) void this.#startAll();
  }

  async #startAll(): Promise<void> {
    this.#isStarting = true;
    const slice = new Slice();
    while (this.#due.length > 0) {
      const due = this.#due;
      this.#due = [];
      for (const check of due) {
        check();
        if (slice.isOver) await slice.giveWay();
      }
    }
    this.#isStarting = false;
  }
}
