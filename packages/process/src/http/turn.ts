/** How much of one turn of the event loop goes into handling requests, in milliseconds. */
const SLICE_MS = 4;

/** Tells when enough was done in this turn of the event loop: what remains goes to the next, so that others get theirs. */
export class Turn {
  #end: number | undefined;

  /** Whether this turn's share is used up. It begins with the first question. */
  get spent(): boolean {
    const now = performance.now();
    if (this.#end === undefined) {
      this.#end = now + SLICE_MS;
      setImmediate(() => {
        this.#end = undefined;
      });
    }
    return now > this.#end;
  }
}
