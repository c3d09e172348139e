/** Waits that can be cut short. One at a time. */
export class Pause {
  #end: (() => void) | undefined;

  /** Resolves after `ms` milliseconds, or when {@link end} is called. */
  wait(ms: number): Promise<void> {
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
