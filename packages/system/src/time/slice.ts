import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work may hold the event loop before others get their turn, in milliseconds. */
const sliceMs = 4;

/** A slice of the event loop's time. Work that may take long asks it at every step whether to give way. */
export class Slice {
  #end = performance.now() + sliceMs;

  /** Whether this slice is used up. */
  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /**
   * Gives way to other work when the slice is over, and begins the next one.
   *
   * @returns undefined while the slice lasts: where steps are many and short, do not await that.
   */
  giveWay(): Promise<void> | undefined {
    return this.isOver ? this.#next() : undefined;
  }

  async #next(): Promise<void> {
    await nextTurn();
    this.#end = performance.now() + sliceMs;
  }
}
