/** The longest time of a browser's timer. */
const FOREVER_MS = 2 ** 31 - 1;

/** Waits that can be cut short. One at a time. */
export class Pause {
  #end: (() => void) | undefined;

  /** Resolves after `ms` milliseconds, or when {@link end} is called. Default: only then. */
  wait(ms = FOREVER_MS): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the wait that is under way, if there is one. */
  end(): void {
    this.#end?.();
  }
}
