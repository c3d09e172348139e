import { Slice } from '@meseta/system';

/** Tells when enough was done in this turn of the event loop: what remains goes to the next, so that others get theirs. */
export class Turn {
  #slice: Slice | undefined;

  /** Whether this turn's share is used up. It begins with the first question. */
  get spent(): boolean {
    if (this.#slice === undefined) {
      this.#slice = new Slice();
      setImmediate(() => {
        this.#slice = undefined;
      });
    }
    return this.#slice.isOver;
  }
}
