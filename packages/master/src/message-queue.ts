import { Slice } from '@meseta/system';

/**
 * Runs work in order of arrival, for a few milliseconds in each tick of the event loop, so that HTTP requests are
 * answered while thousands of agents register. Work runs at once when none is waiting.
 */
export class MessageQueue {
  readonly #failed: (error: unknown) => void;
  #waiting: (() => void)[] = [];
  #next = 0;
  #scheduled = false;
  #slice = new Slice();

  /** @param failed receives errors of work. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  get length(): number {
    return this.#waiting.length - this.#next;
  }

  push(work: () => void): void {
    this.#waiting.push(work);
    if (this.#scheduled) return;
    this.#schedule();
    // The slice is that of the whole turn: many pushes in one turn share it.
    this.#slice = new Slice();
    this.#run();
  }

  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.length === 0) return;
      this.#schedule();
      this.#slice = new Slice();
      this.#run();
    });
  }

  #run(): void {
    while (this.#next < this.#waiting.length && !this.#slice.isOver) {
      const work = this.#waiting[this.#next++] as () => void;
      try {
        work();
      } catch (error) {
        this.#failed(error);
      }
    }
    // Not at every step: moving what waits costs as much as is waiting.
    if (this.#next * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }
}
