import { write } from '../output.ts';

/** The longest part of a line that is kept until its end comes. */
const longestPart = 64 * 1024;
const newline = 10;

/** Prints the output of one task of several: each line begins with the task's name. */
export class PrefixedLines {
  readonly #prefix: Buffer;
  readonly #stream: 'stdout' | 'stderr';
  #part = Buffer.alloc(0);

  constructor(name: string, stream: 'stdout' | 'stderr') {
    this.#prefix = Buffer.from(`${name} | `);
    this.#stream = stream;
  }

  /** Prints the whole lines of a piece; the rest waits for more. */
  async write(piece: Buffer): Promise<void> {
    const data = Buffer.concat([this.#part, piece]);
    const whole = data.length > longestPart ? data.length : data.lastIndexOf(newline) + 1;
    this.#part = data.subarray(whole);
    await this.#print(data.subarray(0, whole));
  }

  /** Prints the rest. */
  async end(): Promise<void> {
    const rest = this.#part;
    this.#part = Buffer.alloc(0);
    await this.#print(rest);
  }

  async #print(lines: Buffer): Promise<void> {
    if (lines.length === 0) return;
    const text = lines.at(-1) === newline ? lines : Buffer.concat([lines, Buffer.from([newline])]);
    const pieces: Buffer[] = [];
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf(newline, start) + 1;
      pieces.push(this.#prefix, text.subarray(start, end));
      start = end;
    }
    await write(this.#stream, Buffer.concat(pieces));
  }
}
