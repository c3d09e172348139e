const longest = 500;

/** Keeps the end of what a program prints to standard error, for the message of its error. */
export class StderrTail {
  #text = '';

  add(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-longest);
  }

  /** Returns one line. */
  text(): string {
    return this.#text
      .trim()
      .replaceAll(/\s*\n\s*/g, ' | ')
      .toWellFormed();
  }
}
