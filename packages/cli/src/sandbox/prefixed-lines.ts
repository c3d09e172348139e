/** The longest line that is kept together, in bytes. */
const longestLine = 64 * 1024;
const lineFeed = 10;

/** Writes lines of several sources that can be told from each other: each with a prefix, and in one piece. */
export class PrefixedLines {
  readonly #prefix: Buffer;
  readonly #write: (data: Buffer) => Promise<void>;
  #carry: Buffer = Buffer.alloc(0);

  constructor(prefix: string, write: (data: Buffer) => Promise<void>) {
    this.#prefix = Buffer.from(prefix);
    this.#write = write;
  }

  /** Writes the lines that a piece completes. */
  async write(data: Buffer): Promise<void> {
    const text = this.#carry.length > 0 ? Buffer.concat([this.#carry, data]) : data;
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = text.indexOf(lineFeed); end >= 0; start = end + 1, end = text.indexOf(lineFeed, start)) {
      lines.push(this.#prefix, text.subarray(start, end + 1));
    }
    this.#carry = Buffer.from(text.subarray(start));
    if (lines.length > 0) await this.#write(Buffer.concat(lines));
    if (this.#carry.length > longestLine) await this.end();
  }

  /** Writes what is left, which has no end of its own. */
  async end(): Promise<void> {
    if (this.#carry.length === 0) return;
    const line = Buffer.concat([this.#prefix, this.#carry, Buffer.from('\n')]);
    this.#carry = Buffer.alloc(0);
    await this.#write(line);
  }
}
