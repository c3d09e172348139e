import { stty } from '../stty.ts';

/** Waits for the key `q` on the terminal, if standard input is one. Ctrl-C and Ctrl-Z go on being signals. */
export class QuitKey {
  readonly #onQuit: () => void;
  /** The settings of the terminal, as `stty -g` prints them; undefined while they are not changed. */
  #before: string | undefined;
  readonly #onData = (data: Buffer) => {
    if (/q/i.test(data.toString('latin1'))) this.#onQuit();
  };

  constructor(onQuit: () => void) {
    this.#onQuit = onQuit;
  }

  /** Begins. */
  start(): void {
    if (!process.stdin.isTTY || this.#before !== undefined) return;
    this.#before = stty('-g')?.trim();
    if (this.#before === undefined) return;
    stty('-icanon', '-echo', 'min', '1');
    process.stdin.on('data', this.#onData);
  }

  /** Ends, and leaves the terminal as it was. */
  stop(): void {
    if (this.#before === undefined) return;
    process.stdin.off('data', this.#onData).pause();
    process.stdin.unref();
    stty(this.#before);
    this.#before = undefined;
  }
}
