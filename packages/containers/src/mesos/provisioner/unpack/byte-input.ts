import { LayerError } from './layer-error.ts';

/** What a parser of archives reads from. All methods but `drain` throw `LayerError` where the input ends too early. */
export interface TarInput {
  /** Returns that many bytes. */
  exactly(size: number): Promise<Buffer>;
  /** Returns that many bytes; undefined when the input is at its end. */
  exactlyOrEnd(size: number): Promise<Buffer | undefined>;
  /** Returns the next bytes, at least one and at most `size`. */
  some(size: number): Promise<Buffer>;
  skip(size: number): Promise<void>;
  /** Reads to the end and drops everything. */
  drain(): Promise<void>;
}

/** Reads a stream of bytes in the sizes that a parser asks for. */
export class ByteInput implements TarInput {
  readonly #chunks: AsyncIterator<Buffer>;
  #left: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async exactly(size: number): Promise<Buffer> {
    const bytes = await this.exactlyOrEnd(size);
    if (bytes === undefined && size > 0) throw truncated();
    return bytes ?? Buffer.alloc(0);
  }

  async exactlyOrEnd(size: number): Promise<Buffer | undefined> {
    while (this.#left.length < size) {
      const more = await this.#next();
      if (more === undefined && this.#left.length === 0) return undefined;
      if (more === undefined) throw truncated();
      this.#left = this.#left.length === 0 ? more : Buffer.concat([this.#left, more]);
    }
    return this.#take(size);
  }

  async some(size: number): Promise<Buffer> {
    while (this.#left.length === 0) {
      const more = await this.#next();
      if (more === undefined) throw truncated();
      this.#left = more;
    }
    return this.#take(Math.min(size, this.#left.length));
  }

  async skip(size: number): Promise<void> {
    for (let left = size; left > 0; ) left -= (await this.some(left)).length;
  }

  async drain(): Promise<void> {
    while ((await this.#next()) !== undefined);
    this.#left = Buffer.alloc(0);
  }

  #take(size: number): Buffer {
    const bytes = this.#left.subarray(0, size);
    this.#left = this.#left.subarray(size);
    return bytes;
  }

  async #next(): Promise<Buffer | undefined> {
    const { value, done } = await this.#chunks.next();
    return done ? undefined : value;
  }
}

function truncated(): LayerError {
  return new LayerError('it is cut off');
}
