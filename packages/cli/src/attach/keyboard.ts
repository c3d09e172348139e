import type { InputQueue } from '@meseta/scheduler';
import { stty } from '../stty.ts';
import type { DetachKeys } from './detach-keys.ts';

/** What is done with standard input. */
export interface KeyboardOptions {
  readonly queue: InputQueue;
  /** The terminal passes on all keys as they are typed. */
  readonly raw: boolean;
  /** Keys that detach; undefined: none. */
  readonly detachKeys?: DetachKeys | undefined;
  onDetach(): void;
}

/**
 * Passes standard input on. In raw mode the terminal is as it was after `close`, and when the process exits in any other way
 * that lets it do anything.
 */
export class Keyboard {
  readonly #options: KeyboardOptions;
  /** The settings of the terminal, as `stty -g` prints them; undefined when they are not changed. */
  #before: string | undefined;
  readonly #restore = () => this.#setRaw(false);
  readonly #onData = (data: Buffer) => this.#take(data);
  readonly #onEnd = () => this.#end();

  constructor(options: KeyboardOptions) {
    this.#options = options;
    const { stdin } = process;
    options.queue.onRoom = () => stdin.resume();
    if (options.raw) {
      process.once('exit', this.#restore);
      this.#setRaw(true);
    }
    stdin.on('data', this.#onData);
    stdin.once('end', this.#onEnd);
    stdin.once('error', this.#onEnd);
  }

  /** Reads no more, and leaves the terminal as it was. Idempotent. */
  close(): void {
    const { stdin } = process;
    stdin.off('data', this.#onData);
    stdin.off('end', this.#onEnd);
    stdin.pause();
    if (this.#options.raw) this.#setRaw(false);
    process.off('exit', this.#restore);
    (stdin as Partial<typeof stdin>).unref?.(); // a file has none
  }

  #take(typed: Buffer): void {
    const { queue, detachKeys, onDetach } = this.#options;
    const { data, detached } = detachKeys?.filter(typed) ?? { data: typed, detached: false };
    if (data.length > 0 && !queue.data(data)) process.stdin.pause();
    if (detached) onDetach();
  }

  #end(): void {
    const { queue } = this.#options;
    queue.data(Buffer.alloc(0));
    queue.end();
  }

  /** By stty(1): the raw mode of Node.js changes what is written, which programs with a screen of their own do not expect. */
  #setRaw(raw: boolean): void {
    if (!raw && this.#before === undefined) return;
    const argv = raw ? ['raw', '-echo'] : [this.#before ?? 'sane'];
    if (raw) this.#before = stty('-g')?.trim();
    else this.#before = undefined;
    stty(...argv);
  }
}
