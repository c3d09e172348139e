/** What the engine takes. */
const largestSize = 0xffff;

/** Sets the size of a terminal in the engine. One at a time: a window that is dragged has many sizes, and the last one counts. */
export class TerminalSize {
  readonly #set: (rows: number, columns: number) => Promise<void>;
  #next: readonly [rows: number, columns: number] | undefined;
  #isSetting = false;

  /** @param set asks the engine for it. It fails when the terminal has ended, which is ignored. */
  constructor(set: (rows: number, columns: number) => Promise<void>) {
    this.#set = set;
  }

  /** Sets it soon. */
  change(rows: number, columns: number): void {
    this.#next = [Math.min(rows, largestSize), Math.min(columns, largestSize)];
    if (!this.#isSetting) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isSetting = true;
    for (let size = this.#next; size !== undefined; size = this.#next) {
      this.#next = undefined;
      await this.#set(...size).catch(() => undefined); // it has ended, or gets the next one
    }
    this.#isSetting = false;
  }
}
