import { Slice } from '@meseta/system';

/**
 * Starts the checks of many tasks: as many in a turn of the event loop as fit into a few milliseconds. Checks become due
 * together when their tasks were launched together, or when an agent starts again; other work then waits for none of them.
 */
export class CheckPacer {
  #due: (() => void)[] = [];
  #isStarting = false;
  /** Of this turn of the event loop: each check may be due by a timer of its own. */
  #slice: Slice | undefined;

  /** Starts a check, now or a few turns later, in the order of the calls. @param check does not throw. */
  start(check: () => void): void {
    this.#due.push(check);
    if (!this.#isStarting) void this.#startAll();
  }

  async #startAll(): Promise<void> {
    this.#isStarting = true;
    while (this.#due.length > 0) {
      const due = this.#due;
      this.#due = [];
      for (const check of due) {
        await this.#sliceOfTurn().giveWay();
        check();
      }
    }
    this.#isStarting = false;
  }

  #sliceOfTurn(): Slice {
    if (this.#slice === undefined) {
      this.#slice = new Slice();
      setImmediate(() => {
        this.#slice = undefined;
      });
    }
    return this.#slice;
  }
}
